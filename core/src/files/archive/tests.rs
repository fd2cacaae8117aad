use super::*;

#[test]
fn what_is_packed_is_unpacked() {
    let mut tree = Tree::default();
    let bin = tree.make_path("/bin", 0o755, 5_000_000);
    let busybox = tree.insert(bin, "busybox", Inode::file(*b"x", 0o755, 1_000_000));
    tree.set_kind(busybox, InodeKind::File { bytes: (*b"x").into(), nominal: Some(1_100_000) });
    tree.link(bin, "ls", busybox);
    tree.insert(bin, "sh", Inode::new(InodeKind::Symlink("/bin/busybox".into()), 0o777, 0));
    let long = "d".repeat(90);
    let deep = tree.make_path(&format!("/{long}/{long}"), 0o700, 0);
    tree.insert(deep, "gone", Inode::new(InodeKind::Whiteout, 0, 0));
    if let Some(inode) = tree.get_mut(deep) {
        inode.opaque = true;
    }
    let back = unpack(&pack(&tree)).expect("what was packed");
    assert_eq!(pack(&back), pack(&tree));
    assert_eq!(back.find("/bin/ls"), back.find("/bin/busybox"));
    assert_eq!(back.size(), 1_100_000);
}

#[test]
fn hostile_names_stay_below_the_root() {
    let mut builder = Builder::new(Vec::new());
    let mut header = Header::new_old();
    header.as_old_mut().name[..10].copy_from_slice(b"../../etc/");
    header.set_entry_type(EntryType::Directory);
    header.set_size(0);
    header.set_mode(0o755);
    header.set_cksum();
    builder.append(&header, io::empty()).expect("in memory");
    let tree = unpack(&builder.into_inner().expect("in memory")).expect("valid");
    assert!(tree.find("/etc").is_some());
}
