//! Text that shows what it holds: invisible code points become escapes, lengths are bounded.

/// True for a code point that a reader cannot see, or that changes how its neighbours are shown: controls, bidi marks,
/// zero-width characters, tag characters, variation selectors, private use and unassigned planes.
/// Line feed and tab count as visible.
pub fn is_invisible(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        _ if c.is_control() => true,
        '\u{00AD}'
        | '\u{034F}'
        | '\u{061C}'
        | '\u{115F}'..='\u{1160}'
        | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E000}'..='\u{F8FF}'
        | '\u{E0000}'..='\u{10FFFF}' => true,
        '\u{00A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => true,
        _ => false,
    }
}

/// The same text with every invisible code point written as `⟦U+200B⟧`, and `⟦` itself as `⟦U+27E6⟧`, so that
/// [`from_visible`] recovers the original.
pub fn visible(text: &str) -> String {
    visible_bytes(text.as_bytes())
}

/// The same for bytes of which nothing is known: what is not UTF-8 is written byte by byte as `⟦0xFF⟧`.
pub fn visible_bytes(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_invisible(c) || c == '⟦' {
                shown.push_str(&format!("⟦U+{:04X}⟧", c as u32));
            } else {
                shown.push(c);
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("⟦0x{byte:02X}⟧"));
        }
    }
    shown
}

/// The bytes that [`visible_bytes`] showed; none when this was not made by it.
pub fn from_visible(shown: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(shown.len());
    let mut rest = shown;
    while let Some((before, after)) = rest.split_once('⟦') {
        bytes.extend_from_slice(before.as_bytes());
        let (code, after) = after.split_once('⟧')?;
        if let Some(hex) = code.strip_prefix("0x") {
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
        } else {
            let c = char::from_u32(u32::from_str_radix(code.strip_prefix("U+")?, 16).ok()?)?;
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        rest = after;
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(bytes)
}

/// One line of visible text of at most `most` characters, for titles, logs and messages.
pub fn visible_line(text: &str, most: usize) -> String {
    let line = visible(text).replace('\n', "\\n").replace('\t', " ");
    if line.chars().count() <= most {
        return line;
    }
    let mut cut: String = line.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// The text cut to at most `most` bytes, at a character's border.
pub fn bounded(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_code_point_is_visible_or_escaped() {
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let shown = visible(&c.to_string());
            assert!(!shown.chars().any(is_invisible), "{:X}", c as u32);
            assert_eq!(from_visible(&shown).as_deref(), Some(c.to_string().as_bytes()));
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_gives_the_bytes_back(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(from_visible(&visible_bytes(&bytes)), Some(bytes));
        }

        #[test]
        fn no_two_texts_look_the_same(one in "[\\\\u{}⟦⟧U+0-9A-F\u{200B}x]{0,12}", other in "[\\\\u{}⟦⟧U+0-9A-F\u{200B}x]{0,12}") {
            prop_assume!(one != other);
            prop_assert_ne!(visible(&one), visible(&other));
        }
    }
}
