//! The page of all settings, made from their table.

use std::fmt::Write as _;

use super::settings;

/// Every setting as a page in Markdown.
pub fn markdown() -> String {
    let mut page = String::from(HEAD);
    let mut section = None;
    for setting in settings::all() {
        if setting.section() != section {
            section = setting.section();
            write_line(&mut page, &format!("## `[{}]`\n", section.unwrap_or_default()));
        }
        write_line(&mut page, &format!("### `{}`\n", setting.key));
        write_line(&mut page, &format!("{}\n", setting.help));
        write_line(&mut page, &format!("- Value: {}", setting.kind.allowed()));
        write_line(&mut page, &format!("- Default: {}", setting.default.described()));
        write_line(&mut page, &format!("- Environment: `{}`\n", setting.env));
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn write_line(page: &mut String, line: &str) {
    // Writing to a `String` can't fail.
    let _ = writeln!(page, "{line}");
}

const HEAD: &str = "\
# Settings

Made by `textmill config reference`; change the tables in `src/config/`, not this page.

Later layers win: defaults, then `textmill.toml` in the working directory (or the file of `--config`), then
environment variables, then flags. `textmill config show` prints each value with its origin. A key of the file or a
variable beginning with `TEXTMILL_` that is not listed here is refused. An empty variable counts as not set. Relative
paths start at the file that names them, else at the working directory.

";
