use super::{read, write};
use crate::digest::Digest;
use crate::files::archive;
use crate::image::Store;
use crate::reference::Reference;
use crate::registry::catalogue::imported_busybox;
use std::rc::Rc;

#[test]
fn what_is_saved_is_loaded_again_and_every_blob_has_its_digest_for_a_name() {
    let image = Rc::new(imported_busybox().expect("the catalogue has no mistake"));
    let names = vec![Reference::parse("busybox:1").unwrap(), Reference::parse("host:5000/a/b:c").unwrap()];
    let bytes = archive::pack(&write(&[(image.clone(), names.clone())]));
    let mut tree = archive::unpack(&bytes).unwrap();
    for (path, ino) in tree.walk() {
        let blob = tree.get(ino).unwrap();
        if let (Some(hex), crate::files::InodeKind::File { bytes, .. }) =
            (path.strip_prefix("/blobs/sha256/"), &blob.kind)
        {
            assert_eq!(Digest::of(bytes).hex(), hex);
        }
    }
    let again = read(&tree, &Store::default()).unwrap();
    assert_eq!((again[0].0.id, &again[0].1), (image.id, &names));
    assert_eq!(again[0].0.size(), image.size());
    // Without Docker's own list it is an OCI image layout, whose index has an entry for each name.
    tree.remove(crate::files::Tree::ROOT, "manifest.json");
    let again = read(&tree, &Store::default()).unwrap();
    assert_eq!((again.len(), again[1].0.id, &again[1].1[0]), (2, image.id, &names[1]));
}
