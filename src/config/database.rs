//! Which database holds the jobs.
//!
//! For: the address of a PostgreSQL server, checked for what can be said without asking it. Not for: connecting, or
//! the parameters after `?`; the store knows those. The one decision: the address never shows its password, neither
//! in `Debug` nor in a message, also where it is not well formed.

use std::fmt;

use serde::Deserialize;

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// Address of a PostgreSQL database; `Display` and `Debug` leave the password out.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The address with its password; the caller must not print, log or send it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Checks an address. No message holds any part of it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = after_scheme(text) else {
            return Err("begins with something else".to_owned());
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if rest.contains('@') && !authority.contains('@') {
            return Err("has a `/`, `?` or `#` before its `@`: write them as `%2F`, `%3F` and `%23`".to_owned());
        }
        let place = authority.rsplit('@').next().unwrap_or_default();
        check_port(place)?;
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("has a space or a control character in it: write it as `%20` or the like".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

/// `host`, `host:port`, `[::1]:port` or nothing.
fn check_port(place: &str) -> Result<(), String> {
    let after_host = place.rsplit(']').next().unwrap_or_default();
    match after_host.split_once(':') {
        Some((_, port)) if !port.is_empty() && port.parse::<u16>().is_err() => {
            Err("has a port that is no number up to 65535".to_owned())
        }
        _ => Ok(()),
    }
}

fn after_scheme(text: &str) -> Option<&str> {
    SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme))
}

impl TryFrom<String> for DatabaseUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.0))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Hides what stands between the user and the last `@`, and every parameter that holds a password.
fn without_password(url: &str) -> String {
    let scheme = SCHEMES.into_iter().find(|scheme| url.starts_with(scheme)).unwrap_or_default();
    let rest = url.strip_prefix(scheme).unwrap_or(url);
    let (address, parameters) = rest.split_once('?').map_or((rest, None), |(address, more)| (address, Some(more)));
    let address = match address.rsplit_once('@') {
        Some((user, place)) => match user.split_once(':') {
            Some((user, _password)) => format!("{user}:***@{place}"),
            None => format!("{user}@{place}"),
        },
        None => address.to_owned(),
    };
    let hidden = |parameter: &str| match parameter.split_once('=') {
        Some((name, _value)) if name.to_ascii_lowercase().contains("pass") => format!("{name}=***"),
        _ => parameter.to_owned(),
    };
    let parameters = parameters.map(|all| format!("?{}", all.split('&').map(hidden).collect::<Vec<_>>().join("&")));
    format!("{scheme}{address}{}", parameters.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_never_shows_wherever_it_stands() {
        for (url, shown) in [
            ("postgres://ana:secret@db:5432/mill", "postgres://ana:***@db:5432/mill"),
            ("postgresql://ana:se@cret@db/mill", "postgresql://ana:***@db/mill"),
            (
                "postgres://ana@db/mill?sslmode=require&password=secret",
                "postgres://ana@db/mill?sslmode=require&password=***",
            ),
            ("postgres:///mill?host=/run/postgresql", "postgres:///mill?host=/run/postgresql"),
        ] {
            let parsed = DatabaseUrl::parse(url).unwrap();
            assert_eq!((parsed.to_string(), format!("{parsed:?}")), (shown.to_owned(), shown.to_owned()));
            assert_eq!(parsed.expose(), url);
        }
    }

    #[test]
    fn what_can_be_no_address_is_told_without_showing_it() {
        for (url, part) in [
            ("mysql://u:secret@db/x", "something else"),
            ("db/secret", "something else"),
            ("postgres://u:sec/ret@db/x", "`%2F`"),
            ("postgres://u:1?secret@db/x", "`%2F`"),
            ("postgres://u:secret@db:54x2/x", "port"),
            ("postgres://u:secret@[::1]:99999/x", "port"),
            ("postgres://u:sec ret@db/x", "space"),
        ] {
            let why = DatabaseUrl::parse(url).unwrap_err();
            assert!(why.contains(part) && !why.contains("secret"), "{url}: {why}");
        }
        DatabaseUrl::parse("postgres://u@[::1]:5432/x").unwrap();
    }
}
