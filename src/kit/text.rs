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

/// The same text with every invisible code point written as `\u{…}`. A backslash before `u{` is doubled, so that the
/// original can be recovered.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if is_invisible(c) {
            shown.push_str(&format!("\\u{{{:X}}}", c as u32));
        } else if c == '\\' && rest.peek() == Some(&'u') {
            shown.push_str("\\\\");
        } else {
            shown.push(c);
        }
    }
    shown
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
