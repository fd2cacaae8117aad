//! Programs about bytes: compression, digests and encodings.

use super::{C, Outcome};
use crate::base64;
use crate::digest::{Digest, legacy};
use crate::files::archive::LARGEST;
use crate::image::gzip;
use crate::program::text::gather;

/// `sha256sum`, `sha1sum` and `md5sum`: digests of files, printed or with `-c` compared.
pub fn sums(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "cbstw", "");
    let digest = match c.name.as_str() {
        "md5sum" => legacy::md5,
        "sha1sum" => legacy::sha1,
        _ => |bytes: &[u8]| Digest::of(bytes).hex(),
    };
    let all = match gather(c) {
        Ok(all) => all,
        Err(outcome) => return outcome,
    };
    let mut status = u8::from(!c.err.is_empty());
    for (name, bytes) in all {
        if !flags.contains('c') {
            c.print(&format!("{}  {name}\n", digest(&bytes)));
            continue;
        }
        let (mut wrong, mut count) = (0, 0);
        for (hex, path) in String::from_utf8_lossy(&bytes).lines().filter_map(|l| l.split_once("  ")) {
            let path = path.trim_start_matches('*');
            let good = c.sys.read_file(path).map(|b| digest(&b) == hex);
            if let Err(errno) = good {
                let opens = if c.sys.is_busybox() { "can't open '" } else { "" };
                c.complain(&format!("{opens}{path}{}: {errno}", if opens.is_empty() { "" } else { "'" }));
            }
            count += 1;
            wrong += u32::from(good != Ok(true));
            if !(flags.contains('s') && c.sys.is_busybox()) {
                c.print(&format!("{path}: {}\n", if good == Ok(true) { "OK" } else { "FAILED" }));
            }
        }
        if wrong > 0 {
            status = 1;
            c.complain(&format!("WARNING: {wrong} of {count} computed checksums did NOT match"));
        }
    }
    Outcome::Done(status)
}

pub fn base64(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "d", "w");
    let all = match gather(c) {
        Ok(all) => all,
        Err(outcome) => return outcome,
    };
    let bytes: Vec<u8> = all.into_iter().flat_map(|f| f.1).collect();
    if flags.contains('d') {
        c.out = base64::decode(&bytes);
        return Outcome::Done(0);
    }
    let wrap = values.first().and_then(|v| v.1.parse::<usize>().ok()).unwrap_or(76);
    let out = base64::encode(&bytes).into_bytes();
    for line in out.chunks(if wrap == 0 { usize::MAX } else { wrap }) {
        c.out.extend_from_slice(line);
        if wrap != 0 {
            c.out.push(b'\n');
        }
    }
    Outcome::Done(0)
}

pub fn gzip(c: C<'_, '_, '_>) -> Outcome {
    let (flags, _) = options!(c, "cdkfvn123456789", "");
    let unzip = c.name != "gzip" || flags.contains('d');
    let through = c.arguments.is_empty() || flags.contains('c') || c.name == "zcat";
    let all = match gather(c) {
        Ok(all) => all,
        Err(outcome) => return outcome,
    };
    for (name, bytes) in all {
        let result =
            if unzip { gzip::decompress(&bytes, LARGEST as usize) } else { Some(gzip::compress(&bytes)) };
        let Some(result) = result else {
            c.complain("invalid magic");
            return Outcome::Done(1);
        };
        if through {
            c.out.extend(result);
            continue;
        }
        let to = match name.strip_suffix(".gz") {
            Some(to) if unzip => to.to_owned(),
            None if !unzip => format!("{name}.gz"),
            _ => {
                c.complain(&format!("{name}: unknown suffix - ignored"));
                return Outcome::Done(1);
            }
        };
        if let Err(errno) = c.sys.write_file(&to, &result) {
            c.complain(&format!("{to}: {errno}"));
            return Outcome::Done(1);
        }
        if !flags.contains('k') {
            let _ = c.sys.unlink(&name);
        }
    }
    Outcome::Done(u8::from(!c.err.is_empty()))
}

/// Bytes as letters, and a point for what is none.
fn visible(bytes: &[u8]) -> String {
    bytes.iter().map(|b| if (32..127).contains(b) { char::from(*b) } else { '.' }).collect()
}

/// `od`, `hexdump` and `xxd`: sixteen bytes a line.
pub fn dump(c: C<'_, '_, '_>) -> Outcome {
    let (flags, values) = options!(c, "cxCv", "tAN");
    let all = match gather(c) {
        Ok(all) => all,
        Err(outcome) => return outcome,
    };
    let bytes: Vec<u8> = all.into_iter().flat_map(|f| f.1).collect();
    let value = |key| values.iter().find(|v| v.0 == key).map_or("", |v| v.1.as_str());
    let xxd = c.name == "xxd";
    let (od, canonical) = (c.name == "od", flags.contains('C'));
    let offset = |at: usize| match (od, canonical) {
        _ if value('A') == "n" => String::new(),
        _ if xxd => format!("{at:08x}: "),
        (true, _) => format!("{at:07o}"),
        (false, true) => format!("{at:08x}"),
        (false, false) => format!("{at:07x}"),
    };
    for (n, line) in bytes.chunks(16).enumerate() {
        let mut text = offset(n * 16);
        if c.name == "xxd" {
            for pair in line.chunks(2) {
                text.extend(pair.iter().map(|byte| format!("{byte:02x}")));
                text.push(' ');
            }
            text = format!("{text:<51}{}\n", visible(line));
            c.print(&text);
            continue;
        }
        if flags.contains('c') {
            for byte in line {
                text += &match byte {
                    0 => "  \\0".to_owned(),
                    b'\n' => "  \\n".to_owned(),
                    b'\t' => "  \\t".to_owned(),
                    32..127 => format!("{:>4}", char::from(*byte)),
                    _ => format!(" {byte:03o}"),
                };
            }
        } else if canonical || value('t').starts_with("x1") {
            for (n, byte) in line.iter().enumerate() {
                text += if canonical && n % 8 == 0 { "  " } else { " " };
                text += &format!("{byte:02x}");
            }
            if canonical {
                text = format!("{text:<60}|{}|", visible(line));
            }
        } else {
            let octal = od && !flags.contains('x') && !value('t').starts_with('x');
            for pair in line.chunks(2) {
                let word = u16::from_le_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]);
                text += &if octal { format!(" {word:06o}") } else { format!(" {word:04x}") };
            }
        }
        c.print(&(text + "\n"));
    }
    if value('A') != "n" && c.name != "xxd" && (od || !bytes.is_empty()) {
        c.print(&(offset(bytes.len()) + "\n"));
    }
    Outcome::Done(0)
}
