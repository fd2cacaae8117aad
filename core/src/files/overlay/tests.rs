use super::*;

fn lower() -> Rc<Tree> {
    let mut tree = Tree::default();
    let etc = tree.make_path("/etc", 0o755, 0);
    tree.insert(etc, "a", Inode::file(*b"one", 0o644, 0));
    tree.insert(etc, "b", Inode::file(*b"two", 0o644, 0));
    Rc::new(tree)
}

#[test]
fn a_removed_file_leaves_a_whiteout_and_comes_back_as_new() {
    let mut overlay = Overlay::new(vec![lower()]);
    overlay.remove("/etc", "a");
    assert!(overlay.find("/etc/a").is_none());
    assert_eq!(overlay.changes(), [(Change::Changed, "/etc".into()), (Change::Deleted, "/etc/a".into())]);
    overlay.insert("/etc", "a", Inode::file(*b"new", 0o644, 0));
    assert_eq!(overlay.find("/etc/a").map(|n| n.layer()), Some(0));
}

#[test]
fn a_directory_made_over_a_whiteout_hides_what_was_below() {
    let mut overlay = Overlay::new(vec![lower()]);
    overlay.remove("/", "etc");
    overlay.insert("/", "etc", Inode::directory(0o755, 0));
    let etc = overlay.find("/etc").expect("made");
    assert!(overlay.names(&etc).is_empty());
}

#[test]
fn a_write_copies_up_and_leaves_the_layer_as_it_was() {
    let mut overlay = Overlay::new(vec![lower()]);
    let ino = overlay.copy_up("/etc/b").expect("there");
    overlay.upper.set_kind(ino, InodeKind::File { bytes: (*b"three").into(), nominal: None });
    assert_eq!(overlay.inode(&overlay.find("/etc/b").expect("there")).map(Inode::size), Some(5));
    assert_eq!(lower().find("/etc/b").and_then(|i| lower().get(i).map(Inode::size)), Some(3));
}
