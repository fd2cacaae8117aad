//! Who refers to whom in a linked module: functions and data, from the relocations that the linker keeps
//! (WebAssembly tool conventions, "Linking").

use std::collections::BTreeMap;
use std::ops::Range;
use wasmparser::{
    BinaryReaderError, CustomSectionReader, KnownCustom, Linking, Name, Parser, Payload, RelocationEntry,
    RelocationType, SymbolInfo,
};

/// A function or a piece of data.
#[derive(Debug, Default)]
pub struct Node {
    /// The linker's name of a function; empty for data.
    pub name: String,
    /// Bytes.
    pub size: usize,
    /// Addresses in memory, of data that lies in a segment.
    pub place: Range<u32>,
    /// The nodes it calls, reads, or takes the address of.
    pub uses: Vec<usize>,
}

/// Functions first, by index; then data.
#[derive(Debug, Default)]
pub struct Graph {
    /// All nodes.
    pub nodes: Vec<Node>,
    /// Data which something refers to that lies in no known piece.
    pub unowned: Vec<usize>,
}

/// What is collected while the sections pass by.
#[derive(Default)]
struct Sections<'a> {
    imported: u32,
    /// Where the code section's contents and the bodies begin and end in the file.
    code: usize,
    bodies: Vec<Range<usize>>,
    data: usize,
    /// Address in memory, bytes in the file.
    segments: Vec<(u32, Range<usize>)>,
    names: BTreeMap<u32, &'a str>,
    symbols: Vec<SymbolInfo<'a>>,
    relocations: Vec<(bool, RelocationEntry)>,
}

impl<'a> Sections<'a> {
    fn read(wasm: &'a [u8]) -> Result<Self, BinaryReaderError> {
        let mut all = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(reader) => {
                    for import in reader.into_imports() {
                        all.imported += u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionStart { range, .. } => all.code = range.start,
                Payload::CodeSectionEntry(body) => all.bodies.push(body.range()),
                Payload::DataSection(reader) => {
                    all.data = reader.range().start;
                    for segment in reader {
                        let segment = segment?;
                        if let wasmparser::DataKind::Active { offset_expr, .. } = segment.kind {
                            if let Ok(wasmparser::Operator::I32Const { value }) =
                                offset_expr.get_operators_reader().read()
                            {
                                let bytes = segment.range.end - segment.data.len()..segment.range.end;
                                all.segments.push((value.cast_unsigned(), bytes));
                            }
                        }
                    }
                }
                Payload::CustomSection(reader) => all.custom(&reader)?,
                _ => {}
            }
        }
        Ok(all)
    }

    fn custom(&mut self, reader: &CustomSectionReader<'a>) -> Result<(), BinaryReaderError> {
        match reader.as_known() {
            KnownCustom::Name(names) => {
                for part in names {
                    if let Name::Function(map) = part? {
                        for naming in map {
                            let naming = naming?;
                            self.names.insert(naming.index, naming.name);
                        }
                    }
                }
            }
            KnownCustom::Linking(linking) => {
                for part in linking.subsections() {
                    if let Linking::SymbolTable(table) = part? {
                        self.symbols = table.into_iter().collect::<Result<_, _>>()?;
                    }
                }
            }
            KnownCustom::Reloc(relocations) => {
                let of_code = reader.name() == "reloc.CODE";
                if of_code || reader.name() == "reloc.DATA" {
                    for entry in relocations.entries() {
                        self.relocations.push((of_code, entry?));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The addresses of a data symbol.
    fn place(&self, symbol: &SymbolInfo) -> Option<Range<u32>> {
        let SymbolInfo::Data { symbol: Some(at), .. } = symbol else { return None };
        let (base, _) = self.segments.get(at.index as usize)?;
        Some(base + at.offset..base + at.offset + at.size)
    }
}

/// Pieces of data in order, those that overlap made one.
fn pieces(sections: &Sections) -> Vec<Range<u32>> {
    let mut all: Vec<Range<u32>> =
        sections.symbols.iter().filter_map(|s| sections.place(s)).filter(|p| !p.is_empty()).collect();
    all.sort_by_key(|p| (p.start, p.end));
    let mut joined: Vec<Range<u32>> = Vec::new();
    for piece in all {
        match joined.last_mut() {
            Some(last) if piece.start < last.end => last.end = last.end.max(piece.end),
            _ => joined.push(piece),
        }
    }
    joined
}

/// Whose bytes lie at a position of the sorted ranges.
fn owner<T: PartialOrd + Copy>(ranges: &[Range<T>], at: T) -> Option<usize> {
    let after = ranges.partition_point(|r| r.start <= at);
    let candidate = after.checked_sub(1)?;
    (at < ranges[candidate].end).then_some(candidate)
}

impl Graph {
    /// Reads a module that was linked with `--emit-relocs`.
    pub fn read(wasm: &[u8]) -> Result<Self, String> {
        let sections = Sections::read(wasm).map_err(|e| format!("the linked module: {e}"))?;
        if sections.symbols.is_empty() || !sections.relocations.iter().any(|(code, _)| *code) {
            return Err("the linked module tells no relocations (--emit-relocs)".to_owned());
        }
        let pieces = pieces(&sections);
        let imported = sections.imported as usize;
        let functions = imported + sections.bodies.len();
        let mut nodes = Vec::new();
        for index in 0..functions {
            let name = u32::try_from(index).ok().and_then(|i| sections.names.get(&i)).copied();
            let size = index.checked_sub(imported).map_or(0, |i| sections.bodies[i].len());
            nodes.push(Node { name: name.unwrap_or_default().to_owned(), size, ..Node::default() });
        }
        nodes.extend(pieces.iter().map(|place| Node {
            size: place.len(),
            place: place.clone(),
            ..Node::default()
        }));
        let mut graph = Self { nodes, unowned: Vec::new() };
        graph.join_namesakes();
        for (of_code, entry) in &sections.relocations {
            let used = match sections.symbols.get(entry.index as usize) {
                _ if entry.ty == RelocationType::TypeIndexLeb => continue,
                Some(SymbolInfo::Func { index, .. }) => *index as usize,
                Some(symbol @ SymbolInfo::Data { .. }) => {
                    let Some(piece) = sections.place(symbol).and_then(|p| owner(&pieces, p.start)) else {
                        continue;
                    };
                    functions + piece
                }
                _ => continue,
            };
            let offset = entry.offset as usize;
            let user = if *of_code {
                owner(&sections.bodies, sections.code + offset).map(|body| imported + body)
            } else {
                let at = sections.data + offset;
                let segment = sections.segments.iter().find(|(_, bytes)| bytes.contains(&at));
                segment
                    .and_then(|(base, bytes)| owner(&pieces, base + u32::try_from(at - bytes.start).ok()?))
                    .map(|piece| functions + piece)
            };
            match user {
                Some(user) => graph.nodes[user].uses.push(used),
                None => graph.unowned.push(used),
            }
        }
        Ok(graph)
    }

    /// Two functions of one name are one as far as names tell: what needs one needs the other.
    fn join_namesakes(&mut self) {
        let mut first = BTreeMap::new();
        for index in 0..self.nodes.len() {
            let name = self.nodes[index].name.clone();
            if let Some(other) = (!name.is_empty()).then(|| *first.entry(name).or_insert(index)) {
                if other != index {
                    self.nodes[index].uses.push(other);
                    self.nodes[other].uses.push(index);
                }
            }
        }
    }
}
