//! What the first story never calls: a module that remembers which functions ran, and a report of it.

use super::choose::readable;
use super::parse;
use walrus::FunctionKind;
use walrus::ir::{Const, Instr, MemArg, Store, StoreKind, Value};

/// The module, and in it a second memory `ran` with a byte for each function: 1 once it ran.
pub fn instrument(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let mut module = parse(wasm)?;
    let count = module.funcs.iter().count() as u64;
    let memory = module.memories.add_local(false, false, count.div_ceil(65536), None, None);
    module.exports.add("ran", memory);
    for (index, function) in module.funcs.iter_mut().enumerate() {
        let FunctionKind::Local(body) = &mut function.kind else { continue };
        let entry = body.entry_block();
        let index = i32::try_from(index).map_err(|e| e.to_string())?;
        let store =
            Store { memory, kind: StoreKind::I32_8 { atomic: false }, arg: MemArg { align: 1, offset: 0 } };
        let mark: [Instr; 3] =
            [Const { value: Value::I32(index) }.into(), Const { value: Value::I32(1) }.into(), store.into()];
        let at = walrus::ir::InstrLocId::default();
        body.block_mut(entry).instrs.splice(0..0, mark.map(|i| (i, at)));
    }
    Ok(module.emit_wasm())
}

/// Says what the story never ran although the first load fetches it, the largest first; and what it ran of the list.
pub fn report(wasm: &[u8], linked: &[u8], list: &str, ran: &[u8]) -> Result<(), String> {
    let module = parse(wasm)?;
    let later = super::later(wasm, linked, list)?.functions;
    let (mut cold, mut total) = (Vec::new(), [[0; 2]; 2]);
    for (index, function) in module.funcs.iter().enumerate() {
        let FunctionKind::Local(body) = &function.kind else { continue };
        let name = function.name.as_deref().unwrap_or_default();
        let (ran, listed) = (ran.get(index) == Some(&b'1'), later.contains(name));
        total[usize::from(listed)][usize::from(ran)] += body.size();
        match (ran, listed) {
            (true, true) => println!("ran, but comes later: {}", readable(name)),
            (false, false) => cold.push((body.size(), readable(name))),
            _ => {}
        }
    }
    cold.sort_by(|a, b| b.cmp(a));
    for (size, name) in cold.iter().take(200) {
        println!("{size:>6} {name}");
    }
    let [[idle, used], [later, _]] = total;
    println!("instructions: {used} ran, {idle} are fetched first and did not run, {later} come later");
    Ok(())
}
