use super::*;
use crate::files::{archive, overlay::Overlay};

/// An image with a small layer and, when asked for, a large one; names may be long.
fn image(large: bool) -> Image {
    let mut small = Tree::default();
    let long = "a/very/long/path/".repeat(9);
    let directory = small.make_path(&long, 0o755, 0);
    small.insert(directory, "hello.txt", Inode::file(b"hello\n".to_vec(), 0o640, 7_000_000));
    small.insert(Tree::ROOT, "link", Inode::new(InodeKind::Symlink("hello.txt".into()), 0o777, 0));
    let mut layers = vec![Rc::new(Layer::from_tree(&small))];
    if large {
        let mut big = Tree::default();
        // Bytes that do not compress, so that the blob is large as well.
        let mut at = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (at >> 24) as u8
        })
        .take(9 << 20)
        .collect();
        big.insert(Tree::ROOT, "noise.bin", Inode::file(noise, 0o755, 0));
        big.insert(Tree::ROOT, "small.txt", Inode::file(b"kept".to_vec(), 0o644, 0));
        big.insert(Tree::ROOT, "link", Inode::new(InodeKind::Whiteout, 0, 0));
        layers.push(Rc::new(Layer::from_tree(&big)));
    }
    let ids: Vec<String> = layers.iter().map(|l| l.diff_id.to_string()).collect();
    let config = serde_json::json!({ "architecture": "amd64", "os": "linux", "config": { "Cmd": ["sh"] }, "rootfs": { "type": "layers", "diff_ids": ids } });
    Image::new(config.to_string().into_bytes(), layers).expect("a configuration")
}

fn saved(image: &Image) -> Vec<u8> {
    let name = Reference::parse("mine:1").expect("a name");
    archive::pack(&bundle::write(&[(Rc::new(image.clone()), vec![name])]))
}

fn taken(bytes: &[u8], piece: usize) -> Result<Images, String> {
    let mut intake = Intake::default();
    for part in bytes.chunks(piece) {
        intake.push(part)?;
    }
    intake.finish(&Store::default())
}

#[test]
fn pieces_of_any_size_give_the_image_that_was_saved() {
    let image = image(false);
    let bytes = saved(&image);
    let zipped = gzip::compress(&bytes);
    for archive in [&bytes, &zipped] {
        for piece in [1, 13, 511, 512, 4096, 1 << 20] {
            let images = taken(archive, piece).expect("it is whole");
            assert_eq!(images[0].1[0].familiar(), "mine:1");
            let found = &images[0].0;
            assert!(found.id == image.id && found.layers[0].tar == image.layers[0].tar, "{piece}");
        }
        assert_eq!(
            taken(&archive[..archive.len() / 2], 4096).map(|_| ()),
            Err("the archive ends before its end".to_owned())
        );
    }
}

#[test]
fn of_a_large_layer_names_sizes_and_digests_are_kept() {
    let image = image(true);
    let images = taken(&saved(&image), 100_000).expect("it is whole");
    let found = &images[0].0;
    assert_eq!(found.id, image.id);
    let (real, kept) = (&image.layers[1], &found.layers[1]);
    assert!(kept.is_reduced() && !found.layers[0].is_reduced());
    assert_eq!((kept.diff_id, kept.size()), (real.diff_id, real.size()));
    assert!(kept.tar.len() < 10_000, "{} bytes are held", kept.tar.len());
    let overlay = Overlay::new(found.lowers());
    assert!(overlay.find("/link").is_none(), "its whiteout hides");
    let small =
        overlay.find("/small.txt").and_then(|node| overlay.inode(&node).cloned()).expect("it is there");
    assert!(matches!(small.kind, InodeKind::File { bytes, nominal: None } if *bytes == *b"kept"));
    // What is kept comes back the same, digests and all.
    let text = postcard::to_allocvec(&**found).expect("it can be kept");
    assert!(postcard::from_bytes::<Image>(&text).as_ref() == Ok(&**found));
}

#[test]
fn what_is_wrong_is_refused_in_plain_words() {
    let image = image(false);
    let mut tree = bundle::write(&[(Rc::new(image.clone()), Vec::new())]);
    let directory = tree.find("blobs/sha256").expect("the blobs");
    let layer = image.layers[0].diff_id.hex();
    tree.insert(directory, &layer, Inode::file(archive::pack(&Tree::default()), 0o644, 0));
    let wrong = taken(&archive::pack(&tree), 777).expect_err("another layer stands there");
    assert!(wrong.starts_with(&format!("the blob sha256:{layer} has another digest: ")), "{wrong}");
    let mut plain = Tree::default();
    plain.insert(Tree::ROOT, "notes.txt", Inode::file(b"hello".to_vec(), 0o644, 0));
    let none = "no image is in it: it has neither manifest.json nor index.json";
    assert_eq!(taken(&archive::pack(&plain), 100).map(|_| ()), Err(none.to_owned()));
    assert_eq!(taken(&[7; 2000], 100).map(|_| ()), Err("archive/tar: invalid tar header".to_owned()));
    let mut damaged = gzip::compress(&saved(&image));
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x55;
    assert!(taken(&damaged, 300).is_err());
}
