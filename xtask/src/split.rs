//! Splits the page's module in two: what the first load fetches, and what is fetched later.
//!
//! Both share one memory and one table. A call from the first part to the second goes through a slot of the table; until
//! the second part is there, a placeholder in the slot asks for it and calls again. The program knows nothing of it.

mod choose;
mod cold;
mod graph;

pub use cold::{instrument, report};

use choose::Later;
use graph::Graph;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use walrus::ir::{Call, CallIndirect, Const, Instr, InstrSeqId, Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, DataKind, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind,
    GlobalKind, ImportedFunction, LocalFunction, MemoryId, Module, ModuleConfig, TableId,
};

/// The module that the second part imports from: the exports of the first.
const FIRST: &str = "f";
/// What the first part imports to have the second fetched: module and name.
pub const ASK: (&str, &str) = ("later", "later");

/// The two parts.
pub struct Parts {
    /// What the first load fetches.
    pub first: Vec<u8>,
    /// What is fetched later.
    pub later: Vec<u8>,
}

fn parse(wasm: &[u8]) -> Result<Module, String> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(false).generate_producers_section(false);
    let mut module = Module::from_buffer_with_config(wasm, &config).map_err(|e| format!("{e:#}"))?;
    let customs: Vec<_> = module.customs.iter().map(|(id, _)| id).collect();
    for id in customs {
        module.customs.delete(id);
    }
    Ok(module)
}

/// The module without names and other sections that only tools read.
pub fn plain(wasm: &[u8]) -> Result<Vec<u8>, String> {
    Ok(parse(wasm)?.emit_wasm())
}

/// Splits a module with names by the relocations of the module it was made from and a list (`web/later.txt`).
pub fn split(wasm: &[u8], linked: &[u8], list: &str) -> Result<Parts, String> {
    parts(wasm, &later(wasm, linked, list)?)
}

fn later(wasm: &[u8], linked: &[u8], list: &str) -> Result<Later, String> {
    choose::choose(&Graph::read(linked)?, &exported(&parse(wasm)?), list)
}

/// Splits a module, once it is chosen what comes later.
fn parts(wasm: &[u8], later: &Later) -> Result<Parts, String> {
    let (mut first, mut second) = (parse(wasm)?, parse(wasm)?);
    let common = Common::find(&first)?;
    let plan = Plan::new(&first, &common, later);
    let ids = |module: &Module| -> Vec<FunctionId> { module.funcs.iter().map(|f| f.id()).collect() };
    let (first_ids, second_ids) = (ids(&first), ids(&second));
    make_first(&mut first, &common, &plan, &first_ids);
    let common = Common::find(&second)?;
    make_second(&mut second, &common, &plan, &second_ids);
    cut_data(&mut first, &later.data, false)?;
    cut_data(&mut second, &later.data, true)?;
    walrus::passes::gc::run(&mut first);
    walrus::passes::gc::run(&mut second);
    let parts = Parts { first: first.emit_wasm(), later: second.emit_wasm() };
    for part in [&parts.first, &parts.later] {
        wasmparser::validate(part).map_err(|e| format!("a part of the module: {e}"))?;
    }
    Ok(parts)
}

/// The names of what must stay: exports and the start.
fn exported(module: &Module) -> BTreeSet<String> {
    let ids = module.exports.iter().filter_map(|e| match e.item {
        ExportItem::Function(id) => Some(id),
        _ => None,
    });
    ids.chain(module.start).filter_map(|id| module.funcs.get(id).name.clone()).collect()
}

/// What both parts share.
struct Common {
    memory: MemoryId,
    table: TableId,
}

impl Common {
    fn find(module: &Module) -> Result<Self, String> {
        let memory = module.get_memory_id().map_err(|e| e.to_string())?;
        let table = module.tables.main_function_table().map_err(|e| e.to_string())?;
        Ok(Self { memory, table: table.ok_or("the module has no table of functions")? })
    }
}

/// Who lies where; functions by their place in the module.
struct Plan {
    /// Whether each function comes later.
    later: Vec<bool>,
    /// The slots of the table: at first those that the linker gave, then new ones.
    slots: BTreeMap<u32, usize>,
    /// A slot of each later function that the first part calls.
    slot_of: BTreeMap<usize, u32>,
    /// What the second part calls in the first, with the name of the export.
    lent: BTreeMap<usize, String>,
}

/// A short name for an export: no other has a digit in front.
fn short(number: usize) -> String {
    const LETTERS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let letter = |n: usize| char::from(LETTERS[n % 62]);
    format!("0{}{}", letter(number / 62), letter(number)) + &letter(number / 3844).to_string()
}

/// The functions that a function calls, and its sequences of instructions.
#[derive(Default)]
struct Calls {
    functions: Vec<FunctionId>,
    sequences: Vec<InstrSeqId>,
}

impl<'a> Visitor<'a> for Calls {
    fn visit_function_id(&mut self, function: &FunctionId) {
        self.functions.push(*function);
    }
    fn start_instr_seq(&mut self, sequence: &'a walrus::ir::InstrSeq) {
        self.sequences.push(sequence.id());
    }
}

fn calls(function: &LocalFunction) -> Calls {
    let mut calls = Calls::default();
    dfs_in_order(&mut calls, function, function.entry_block());
    calls
}

impl Plan {
    fn new(module: &Module, common: &Common, later: &Later) -> Self {
        let place: BTreeMap<FunctionId, usize> =
            module.funcs.iter().enumerate().map(|(n, f)| (f.id(), n)).collect();
        let is_later = |f: &walrus::Function| f.name.as_ref().is_some_and(|n| later.functions.contains(n));
        let mut plan = Self {
            later: module
                .funcs
                .iter()
                .map(|f| is_later(f) && matches!(f.kind, FunctionKind::Local(_)))
                .collect(),
            slots: BTreeMap::new(),
            slot_of: BTreeMap::new(),
            lent: BTreeMap::new(),
        };
        for element in module.elements.iter() {
            if let (
                ElementKind::Active { table, offset: ConstExpr::Value(Value::I32(start)) },
                ElementItems::Functions(all),
            ) = (&element.kind, &element.items)
            {
                for (slot, function) in (start.cast_unsigned()..).zip(all).filter(|_| *table == common.table)
                {
                    plan.slots.insert(slot, place[function]);
                    plan.slot_of.entry(place[function]).or_insert(slot);
                }
            }
        }
        let mut next = u32::try_from(module.tables.get(common.table).initial).unwrap_or(u32::MAX);
        for (user, function) in module.funcs.iter().enumerate() {
            let FunctionKind::Local(body) = &function.kind else { continue };
            for used in calls(body).functions.iter().map(|f| place[f]) {
                match (plan.later[user], plan.later[used]) {
                    (false, true) if !plan.slot_of.contains_key(&used) => {
                        plan.slots.insert(next, used);
                        plan.slot_of.insert(used, next);
                        next += 1;
                    }
                    (true, false) => drop(plan.lent.entry(used).or_default()),
                    _ => {}
                }
            }
        }
        // Names in the order of functions, which packs best.
        plan.lent.values_mut().enumerate().for_each(|(n, name)| *name = short(n));
        plan
    }
}

/// Takes the later functions out of the first part.
fn make_first(module: &mut Module, common: &Common, plan: &Plan, ids: &[FunctionId]) {
    let place: BTreeMap<FunctionId, usize> = ids.iter().enumerate().map(|(n, f)| (*f, n)).collect();
    let none = module.types.add(&[], &[]);
    let (ask, _) = module.add_import_func(ASK.0, ASK.1, none);
    let mut holders = BTreeMap::new();
    for (slot, function) in plan.slots.iter().filter(|(_, f)| plan.later[**f]) {
        let slot = slot.cast_signed();
        holders.insert(*function, placeholder(module, common.table, ask, ids[*function], slot));
    }
    for (_, id) in ids.iter().enumerate().filter(|(n, _)| !plan.later[*n]) {
        let types: BTreeMap<FunctionId, _> = module.funcs.iter().map(|f| (f.id(), f.ty())).collect();
        let FunctionKind::Local(body) = &mut module.funcs.get_mut(*id).kind else { continue };
        for sequence in calls(body).sequences {
            let mut made = Vec::new();
            for (instruction, at) in std::mem::take(&mut body.block_mut(sequence).instrs) {
                let slot = match &instruction {
                    Instr::Call(Call { func }) => {
                        plan.slot_of.get(&place[func]).filter(|_| plan.later[place[func]])
                    }
                    _ => None,
                };
                let (Some(slot), Instr::Call(Call { func })) = (slot, &instruction) else {
                    made.push((instruction, at));
                    continue;
                };
                made.push((Instr::Const(Const { value: Value::I32(slot.cast_signed()) }), at));
                made.push((Instr::CallIndirect(CallIndirect { ty: types[func], table: common.table }), at));
            }
            body.block_mut(sequence).instrs = made;
        }
    }
    let table = module.tables.get_mut(common.table);
    let end = u64::from(plan.slots.keys().last().map_or(0, |s| s + 1));
    table.initial = table.initial.max(end);
    table.maximum = table.maximum.map(|m| m.max(end));
    let slots: Vec<(u32, FunctionId)> =
        plan.slots.iter().map(|(s, f)| (*s, holders.get(f).copied().unwrap_or(ids[*f]))).collect();
    fill(module, common, &slots);
    for (function, name) in &plan.lent {
        module.exports.add(name, ids[*function]);
    }
    module.exports.add("m", common.memory);
    module.exports.add("t", common.table);
    let globals: Vec<_> = module.globals.iter().map(|g| g.id()).collect();
    for (number, global) in globals.into_iter().enumerate() {
        module.exports.add(&format!("g{number}"), global);
    }
}

/// What lies in a slot until the second part is there.
fn placeholder(
    module: &mut Module,
    table: TableId,
    ask: FunctionId,
    of: FunctionId,
    slot: i32,
) -> FunctionId {
    let ty = module.funcs.get(of).ty();
    let (parameters, results) = (module.types.params(ty).to_vec(), module.types.results(ty).to_vec());
    let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &results);
    let locals: Vec<_> = parameters.iter().map(|p| module.locals.add(*p)).collect();
    let mut body = builder.func_body();
    body.call(ask);
    for local in &locals {
        body.local_get(*local);
    }
    body.i32_const(slot).call_indirect(ty, table);
    builder.finish(locals, &mut module.funcs)
}

/// Makes these slots all that the table is filled with.
fn fill(module: &mut Module, common: &Common, slots: &[(u32, FunctionId)]) {
    let old: Vec<_> = module
        .elements
        .iter()
        .filter(|e| matches!(e.kind, ElementKind::Active { table, .. } if table == common.table))
        .map(|e| e.id())
        .collect();
    for id in old {
        module.tables.get_mut(common.table).elem_segments.remove(&id);
        module.elements.delete(id);
    }
    for run in slots.chunk_by(|a, b| a.0 + 1 == b.0) {
        let offset = ConstExpr::Value(Value::I32(run[0].0.cast_signed()));
        let items = ElementItems::Functions(run.iter().map(|(_, f)| *f).collect());
        let id = module.elements.add(ElementKind::Active { table: common.table, offset }, items);
        module.tables.get_mut(common.table).elem_segments.insert(id);
    }
}

/// Leaves the later functions alone in the second part.
fn make_second(module: &mut Module, common: &Common, plan: &Plan, ids: &[FunctionId]) {
    let exports: Vec<_> = module.exports.iter().map(|e| e.id()).collect();
    for id in exports {
        module.exports.delete(id);
    }
    module.start = None;
    for (function, name) in &plan.lent {
        let id = ids[*function];
        // What the first part imports from the glue, it hands on.
        if let FunctionKind::Import(handed) = &module.funcs.get(id).kind {
            let import = module.imports.get_mut(handed.import);
            (import.module, import.name) = (FIRST.to_owned(), name.clone());
            continue;
        }
        let ty = module.funcs.get(id).ty();
        let import = module.imports.add(FIRST, name, id);
        module.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }
    let import = module.imports.add(FIRST, "m", common.memory);
    module.memories.get_mut(common.memory).import = Some(import);
    let import = module.imports.add(FIRST, "t", common.table);
    let end = u64::from(plan.slots.keys().last().map_or(0, |s| s + 1));
    let table = module.tables.get_mut(common.table);
    table.import = Some(import);
    table.initial = table.initial.max(end);
    table.maximum = table.maximum.map(|m| m.max(end));
    let globals: Vec<_> = module.globals.iter().map(|g| g.id()).collect();
    for (number, global) in globals.into_iter().enumerate() {
        let import = module.imports.add(FIRST, &format!("g{number}"), global);
        module.globals.get_mut(global).kind = GlobalKind::Import(import);
    }
    let slots: Vec<(u32, FunctionId)> =
        plan.slots.iter().filter(|(_, f)| plan.later[**f]).map(|(s, f)| (*s, ids[*f])).collect();
    fill(module, common, &slots);
}

/// Takes ranges of memory out of the data, or keeps nothing else.
fn cut_data(module: &mut Module, ranges: &[Range<u32>], inside: bool) -> Result<(), String> {
    let old: Vec<_> = module.data.iter().map(|d| d.id()).collect();
    for id in old {
        let data = module.data.get(id);
        let DataKind::Active { memory, offset: ConstExpr::Value(Value::I32(start)) } = data.kind else {
            return Err("data without an address".to_owned());
        };
        let (start, value) = (start.cast_unsigned(), data.value.clone());
        let end = start + u32::try_from(value.len()).unwrap_or(u32::MAX);
        let mut pieces = Vec::new();
        let mut at = start;
        for range in ranges.iter().filter(|r| r.start >= start && r.end <= end) {
            pieces.push(if inside { range.clone() } else { at..range.start });
            at = range.end;
        }
        if !inside {
            pieces.push(at..end);
        }
        module.memories.get_mut(memory).data_segments.remove(&id);
        module.data.delete(id);
        for piece in pieces.into_iter().filter(|p| !p.is_empty()) {
            let bytes = &value[(piece.start - start) as usize..(piece.end - start) as usize];
            let offset = ConstExpr::Value(Value::I32(piece.start.cast_signed()));
            let id = module.data.add(DataKind::Active { memory, offset }, bytes.to_vec());
            module.memories.get_mut(memory).data_segments.insert(id);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
