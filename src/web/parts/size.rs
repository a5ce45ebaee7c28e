//! Sizes and counts as people read them.

/// `812 B`, `3.1 KiB`, `12 MiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let Some((unit, one)) = UNITS.into_iter().find(|(_, one)| bytes >= *one) else {
        return format!("{bytes} B");
    };
    let tenths = bytes.saturating_mul(10) / one;
    if tenths < 100 { format!("{}.{} {unit}", tenths / 10, tenths % 10) } else { format!("{} {unit}", tenths / 10) }
}

/// `1,204`.
pub fn count(count: i64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 file`, `3 files`.
pub fn plural(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_at_a_glance() {
        let check = |size| bytes(size);
        assert_eq!([check(0), check(1023), check(1536), check(20 << 20)], ["0 B", "1023 B", "1.5 KiB", "20 MiB"]);
        assert_eq!([count(7), count(1204), count(-123_456)], ["7", "1,204", "-123,456"]);
    }
}
