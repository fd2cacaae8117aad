use super::choose::{Later, choose, entries, readable};
use super::graph::{Graph, Node};
use super::{ASK, parts};
use std::collections::BTreeSet;
use walrus::ir::Value;
use walrus::{
    ConstExpr, DataKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind, Module, RefType, ValType,
};

fn function(name: &str, uses: &[usize]) -> Node {
    Node { name: name.to_owned(), size: 10, uses: uses.to_vec(), ..Node::default() }
}

fn data(place: std::ops::Range<u32>) -> Node {
    Node { size: place.len(), place, ..Node::default() }
}

/// The page calls a story and a build; both read texts, and a table of programs lies in data.
fn graph() -> Graph {
    let nodes = vec![
        function("page", &[1, 2]),
        function("app::story", &[3, 6]),
        function("app::build", &[3, 4, 7]),
        function("core::both", &[]),
        function("core::only_build", &[8]),
        function("app::builder", &[]),
        Node { uses: vec![5], ..data(100..140) },
        data(140..180),
        data(182..220),
        data(220..400),
    ];
    Graph { nodes, unowned: vec![9] }
}

fn kept() -> BTreeSet<String> {
    BTreeSet::from(["page".to_owned()])
}

#[test]
fn what_only_the_listed_refers_to_comes_later_too() {
    let later = choose(&graph(), &kept(), "# a remark\napp::build # more\n").expect("the list is right");
    assert_eq!(later.functions, ["app::build", "core::only_build"].map(str::to_owned).into());
    assert_eq!((later.data.len(), later.data[0].clone()), (1, 140..220), "with the padding between");
}

#[test]
fn a_function_of_a_table_in_data_stays_unless_listed() {
    let later = choose(&graph(), &kept(), "app::builder").expect("the list is right");
    assert_eq!(later.functions, ["app::builder".to_owned()].into());
    assert!(later.data.is_empty());
}

#[test]
fn an_entry_that_names_nothing_is_a_mistake() {
    let mistake =
        choose(&graph(), &kept(), "app::build\napp::buil\n").expect_err("there is no such function");
    assert!(mistake.contains("app::buil") && !mistake.contains("app::build"), "{mistake}");
}

#[test]
fn what_the_page_itself_calls_stays() {
    let later = choose(&graph(), &kept(), "page").expect("the list is right");
    assert!(later.functions.is_empty());
}

#[test]
fn names_are_read_without_hashes() {
    assert_eq!(readable("_RNvNtCs1234_7mycrate3foo3bar"), "mycrate::foo::bar");
    assert_eq!(entries("# of a list\n a::b # why\n\n"), ["a::b"]);
}

/// A module in which `page` calls `rare`, which calls `help` and the glue, and reads data.
fn module() -> Vec<u8> {
    let mut module = Module::default();
    let memory = module.memories.add_local(false, false, 1, None, None);
    module.exports.add("memory", memory);
    module.tables.add_local(false, 1, Some(1), RefType::FUNCREF);
    let text = module.types.add(&[ValType::I32], &[ValType::F64]);
    let (_, _) = module.add_import_func("glue", "unused", text);
    let same = module.types.add(&[ValType::I32], &[ValType::I32]);
    let (glue, _) = module.add_import_func("glue", "length", same);
    let make = |module: &mut Module, name: &str, calls: &[FunctionId]| {
        let mut builder = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
        builder.name(name.to_owned());
        let argument = module.locals.add(ValType::I32);
        builder.func_body().local_get(argument);
        for called in calls {
            builder.func_body().call(*called);
        }
        builder.finish(vec![argument], &mut module.funcs)
    };
    let help = make(&mut module, "help", &[glue]);
    let rare = make(&mut module, "rare", &[help, glue]);
    let page = make(&mut module, "page", &[rare]);
    module.exports.add("page", page);
    module.exports.add("help", help);
    let offset = ConstExpr::Value(Value::I32(1000));
    let data = module.data.add(DataKind::Active { memory, offset }, (0..100).collect());
    module.memories.get_mut(memory).data_segments.insert(data);
    module.emit_wasm()
}

fn bytes(wasm: &[u8]) -> Vec<(i32, Vec<u8>)> {
    let module = Module::from_buffer(wasm).expect("the module is valid");
    let all = module.data.iter().map(|d| match d.kind {
        DataKind::Active { offset: ConstExpr::Value(Value::I32(at)), .. } => (at, d.value.clone()),
        _ => panic!("data without an address"),
    });
    all.collect()
}

#[test]
fn both_parts_are_modules_that_fit() {
    let data = std::iter::once(1040..1080).collect();
    let later = Later { functions: ["rare".to_owned()].into(), data };
    let parts = parts(&module(), &later).expect("it splits");
    let first = Module::from_buffer(&parts.first).expect("the first part is valid");
    let imported: Vec<_> = first.imports.iter().map(|i| (&*i.module, &*i.name)).collect();
    assert_eq!(imported, [("glue", "length"), ASK]);
    let exported: BTreeSet<&str> = first.exports.iter().map(|e| &*e.name).collect();
    let second = Module::from_buffer(&parts.later).expect("the second part is valid");
    // The memory, the table, what the glue hands to the first part, and `help`; no more, and none twice.
    assert_eq!(second.imports.iter().count(), 4);
    for import in second.imports.iter() {
        assert!(import.module == "f" && exported.contains(&*import.name), "{import:?}");
    }
    assert!(first.exports.iter().any(|e| e.name == "page" && matches!(e.item, ExportItem::Function(_))));
    let bodies = |m: &Module| m.funcs.iter().filter(|f| matches!(f.kind, FunctionKind::Local(_))).count();
    assert_eq!((bodies(&first), bodies(&second)), (3, 1), "page, help and a placeholder; rare");
    let slots = |m: &Module| m.tables.iter().next().map(|t| t.initial);
    assert_eq!((slots(&first), slots(&second)), (Some(2), Some(2)), "one slot more");
    let all: Vec<u8> = (0..100).collect();
    assert_eq!(bytes(&parts.first), [(1000, all[..40].to_vec()), (1080, all[80..].to_vec())]);
    assert_eq!(bytes(&parts.later), [(1040, all[40..80].to_vec())]);
}
