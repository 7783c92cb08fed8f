//! What hosts see of the Kotlin side, as text: a change that breaks them shows in review.

/// The public declarations of a hand-written file: explicit, one after the other, with what their classes
/// override and the constants of their enums.
pub fn written(source: &str) -> Vec<String> {
    let lines: Vec<&str> = source.lines().collect();
    let mut found = Vec::new();
    // Inside the body of a public declaration at the top level, and of an enum.
    let (mut inside, mut constants) = (false, false);
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with('}') {
            (inside, constants) = (false, false);
        }
        let member = line.strip_prefix("    ").filter(|_| inside).unwrap_or_default();
        let shown = line.trim_start().starts_with("public ")
            || member.starts_with("override ")
            || (constants && is_constant(member));
        if line.starts_with("public ") {
            inside = true;
            constants = line.starts_with("public enum class ");
        }
        if shown {
            found.push(signature(&lines[at..]));
        }
    }
    found
}

/// Public declarations of a hand-written file without a word on what they are.
pub fn undocumented(source: &str) -> Vec<String> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let documented = |at: usize| {
        let above = lines[..at].iter().rev().find(|line| !line.starts_with('@'));
        above.is_some_and(|line| line.ends_with("*/"))
    };
    // What a constructor takes is told above the class.
    let aside = |line: &str| line.starts_with("public companion ") || line.ends_with(',');
    let public = |line: &str| line.starts_with("public ") && !aside(line);
    (0..lines.len())
        .filter(|at| public(lines[*at]) && !documented(*at))
        .map(|at| signature(&lines[at..]))
        .collect()
}

/// The declarations of these names in the generated file, with their variants and constants.
pub fn generated(source: &str, name_of: impl Fn(&str) -> Option<&str>, names: &[&str]) -> Vec<String> {
    let lines: Vec<&str> = source.lines().collect();
    let mut found = Vec::new();
    let mut inside = false;
    for at in 0..lines.len() {
        if name_of(lines[at]).is_some_and(|name| names.contains(&name)) {
            inside = true;
            found.push(signature(&lines[at..]));
        } else if lines[at].starts_with('}') {
            inside = false;
        } else if inside && is_member(lines[at].trim_start()) {
            found.push(signature(&lines[at..]));
        }
    }
    found
}

/// A variant of a sealed class or a constant of an enum.
fn is_member(line: &str) -> bool {
    is_constant(line) || ["data class ", "class ", "object "].iter().any(|word| line.starts_with(word))
}

fn is_constant(line: &str) -> bool {
    let name = line.trim_end_matches([',', ';']);
    !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// A declaration up to its body, on one line, indented as it stands.
fn signature(lines: &[&str]) -> String {
    let indent = lines[0].len() - lines[0].trim_start().len();
    let mut text = String::new();
    let mut depth = 0_i32;
    for line in lines {
        let code = line.trim();
        if code.starts_with(['*', '/', '@']) {
            continue;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        for (at, c) in code.char_indices() {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            let body = depth == 0 && (c == '{' || code[at..].starts_with("= "));
            if body {
                return finish(indent, &text);
            }
            text.push(c);
        }
        if depth == 0 {
            break;
        }
    }
    finish(indent, &text)
}

fn finish(indent: usize, text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words
        .join(" ")
        .replace('`', "")
        .replace(" ,", ",")
        .replace("( ", "(")
        .replace(" )", ")")
        .replace(",)", ")");
    format!("{}{}", " ".repeat(indent), text.trim_end_matches([',', ';', '=', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_stand_on_one_line_without_their_bodies() {
        let source = "/** Doc. */\npublic class Call(\n    /** It. */\n    public val id: String = \"\",\n) : A {\n\
                      \u{20}   public fun end(): Int = 3\n    private fun hidden() {}\n}\n";
        let wanted = [
            "public class Call(public val id: String = \"\") : A",
            "    public val id: String",
            "    public fun end(): Int",
        ];
        assert_eq!(written(source), wanted);
    }

    #[test]
    fn overrides_and_constants_of_ones_own_belong_to_what_hosts_see() {
        let source = "public enum class Played {\n    /** Doc. */\n    SILENCE,\n    DECODED,\n}\n\
                      public class Call : AutoCloseable {\n    override fun close() {\n        object : A {\n\
                      \u{20}           override fun hidden() = it\n        }\n    }\n}\n\
                      internal class Hidden : AutoCloseable {\n    override fun close() {}\n}\n";
        let wanted = [
            "public enum class Played",
            "    SILENCE",
            "    DECODED",
            "public class Call : AutoCloseable",
            "    override fun close()",
        ];
        assert_eq!(written(source), wanted);
    }

    #[test]
    fn what_is_public_is_explained() {
        let source = "/** It. */\n@Once\npublic class A {\n    public companion object {\n\
                      \u{20}       public fun of(): A = A()\n    }\n    /** Ends. */ \n    public fun end() {}\n}\n";
        assert_eq!(undocumented(source), ["public fun of(): A"]);
    }

    #[test]
    fn variants_and_constants_belong_to_what_hosts_see() {
        let source = "enum class State {\n    /** Doc. */\n    UP,\n    DOWN;\n    companion object\n}\n\
                      enum class Hidden {\n    ONE;\n}\n";
        fn name(line: &str) -> Option<&str> {
            line.strip_prefix("enum class ")?.split(' ').next()
        }
        assert_eq!(generated(source, name, &["State"]), ["enum class State", "    UP", "    DOWN"]);
    }
}
