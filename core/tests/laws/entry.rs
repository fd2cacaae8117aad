//! What the fuzz targets and the bounded random tests call, with anything for input: the shell, the command line,
//! templates, Dockerfiles, archives, manifests and references. They must not panic, and a World must stay one.

use drydock::build::check;
use drydock::build::dockerfile::{self, Dockerfile};
use drydock::build::rule::Chosen;
use drydock::build::stage;
use drydock::cli::parse;
use drydock::cli::template::Template;
use drydock::engine::World;
use drydock::files::{Inode, Tree, archive};
use drydock::image::{Image, Store, bundle, gzip};
use drydock::machine;
use drydock::reference::Reference;
use drydock::time::{Span, Time};
use drydock::timeline::Timeline;

thread_local! {
    static BASE: World = {
        let mut timeline = Timeline::new(5).expect("the catalogue has no mistake");
        timeline.reach(Time(1_000_000));
        timeline.world().clone()
    };
}

/// Types a text at the learner's shell, and lets a little time pass.
pub fn shell(text: &str) -> World {
    let mut world = BASE.with(Clone::clone);
    for line in text.lines().take(12) {
        machine::type_line(&mut world, line);
        let until = world.now + Span::millis(300);
        machine::reach(&mut world, until);
    }
    world
}

/// Reads the arguments of `docker`, one a line or as words.
pub fn command_line(text: &str) {
    let argv: Vec<String> = text.split(['\n', ' ']).map(str::to_owned).collect();
    let _ = parse::parse(&argv);
}

/// Parses a template and renders it.
pub fn template(text: &str) {
    let data = serde_json::json!({
        "ID": "b59a", "Names": "/web", "Size": 12.5, "State": {"Running": true, "Pid": 7, "Health": null},
        "Labels": {"a": "1", "b": "2"}, "Ports": ["80/tcp", "443/tcp"], "Mounts": [{"Name": "v"}]
    });
    if let Ok(template) = Template::parse(text) {
        let _ = template.render(&data);
    }
}

/// Reads a Dockerfile, prints it and reads it again: both are the same. Its stages and checks are gone through.
pub fn dockerfile(text: &str) {
    let Ok(file) = dockerfile::read(text) else { return };
    let places = |mut file: Dockerfile| {
        file.gaps.clear();
        for instruction in &mut file.instructions {
            (instruction.first, instruction.last) = (0, 0);
        }
        file
    };
    let again = dockerfile::read(&file.printed());
    assert_eq!(again.map(places), Ok(places(file.clone())), "what is printed reads otherwise");
    let chosen = Chosen::parse(&file.check).unwrap_or_default();
    let _ = check::reading(&file, &chosen);
    let _ = check::bases(&file, &[], "", &chosen);
    let Ok(file) = dockerfile::parse(text) else { return };
    let Ok((stages, globals)) = stage::stages(&file, &[], "") else { return };
    if stage::order(&file, &stages).is_ok() {
        let wanted = stage::needed(&file, &stages, stages.len() - 1);
        let facts = check::Facts { given: &[], image: &|_| Some((Vec::new(), false)), ignore: None };
        let _ = check::stages(&file, &stages, &globals, &wanted, &chosen, &facts);
    }
}

/// Unpacks an archive and packs it again: the second packing is the first.
pub fn tar(bytes: &[u8]) {
    let Ok(tree) = archive::unpack(bytes) else { return };
    let packed = archive::pack(&tree);
    let again = archive::unpack(&packed).expect("what is packed unpacks");
    assert_eq!(archive::pack(&again), packed, "what is packed unpacks to something else");
}

/// The most bytes that [`gunzip`] lets come out.
const MOST: usize = 16 << 20;

/// Unpacks gzip, and packs what comes out.
pub fn gunzip(bytes: &[u8]) {
    if let Some(plain) = gzip::decompress(bytes, MOST) {
        assert!(plain.len() <= MOST);
        assert_eq!(gzip::decompress(&gzip::compress(&plain), MOST), Some(plain));
    }
}

/// Reads a text as what images are described by: a configuration, a manifest, and the lists of an archive of images.
pub fn manifest(bytes: &[u8]) {
    let config =
        br#"{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}"#;
    let _ = Image::new(bytes.to_vec(), Vec::new());
    let _ = Image::from_parts(config.to_vec().into(), bytes.to_vec().into(), Vec::new());
    for name in ["manifest.json", "index.json", "oci-layout"] {
        let mut tree = Tree::default();
        tree.insert(Tree::ROOT, name, Inode::file(bytes.to_vec(), 0o644, 0));
        let _ = bundle::read(&tree, &Store::default());
    }
}

/// Reads a reference: what is printed of it is the same reference.
pub fn reference(text: &str) {
    let Ok(reference) = Reference::parse(text) else { return };
    let again = Reference::parse(&reference.to_string());
    assert_eq!(again.as_ref(), Ok(&reference), "{text:?} is printed as another reference");
    let familiar = Reference::parse(&reference.familiar());
    assert_eq!(familiar.as_ref(), Ok(&reference), "{text:?} has another short form");
}
