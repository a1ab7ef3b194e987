//! Which addresses may be fetched from.
//!
//! For: https to public addresses, and what the operator opens besides. Not for: asking a name server; `web` does, and
//! shows every address to [`Rules::check_address`] before a connection is made to that very address. The one decision:
//! what is not known to be public is refused.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use reqwest::Url;

use super::sources::FetchError;

/// A host that may be fetched from over http too, whatever its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    host: String,
    port: Option<u16>,
}

impl FromStr for AllowedHost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused =
            || format!("`{text}` is not a host, nor a host and a port, like `mirror.local` or `10.0.0.7:8080`");
        // A URL brings every notation of a host into one form.
        let url = Url::parse(&format!("https://{text}/")).map_err(|_no_url| refused())?;
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !is_bare || !url.username().is_empty() || url.password().is_some() || text.contains(['/', '\\', '@']) {
            return Err(refused());
        }
        // `:443` is not kept by the URL, as it goes without saying.
        let port = url.port().or_else(|| text.ends_with(":443").then_some(443));
        url.host_str().map(|host| Self { host: plain(host), port }).ok_or_else(refused)
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// What may be fetched from.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    /// The operator's list.
    pub(super) allowed: Vec<AllowedHost>,
    /// Hosts of the proxies: they are connected to, never asked for a file.
    pub(super) proxies: Vec<String>,
}

impl Rules {
    /// Whether a request may go to this URL, as far as the URL tells.
    pub(super) fn check_url(&self, url: &Url) -> Result<(), FetchError> {
        let forbidden = |why: String| FetchError::Forbidden { what: shown(url), why };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(forbidden("it holds a user name or password".to_owned()));
        }
        let Some(host) = url.host_str().map(plain) else { return Err(forbidden("it names no host".to_owned())) };
        let of_host: Vec<_> = self.allowed.iter().filter(|one| one.host == host).collect();
        let is_allowed = of_host.iter().any(|one| one.port.is_none() || one.port == url.port_or_known_default());
        match url.scheme() {
            "http" | "https" if is_allowed => return Ok(()),
            "https" => {}
            _ => return Err(forbidden("only https is fetched".to_owned())),
        }
        // The rule's other ports must not be reached through the exception that its name has.
        if !of_host.is_empty() {
            return Err(forbidden("`models.allow_hosts` has this host with another port".to_owned()));
        }
        match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => Self::check_public(address).map_err(forbidden),
            Err(_name) => Ok(()),
        }
    }

    /// Whether a connection to `host`, which is to be made to this address, may be made.
    pub(super) fn check_address(&self, host: &str, address: IpAddr) -> Result<(), FetchError> {
        let name = plain(host);
        if self.proxies.contains(&name) || self.allowed.iter().any(|one| one.host == name) {
            return Ok(());
        }
        Self::check_public(address).map_err(|why| FetchError::Forbidden { what: format!("`{name}`"), why })
    }

    fn check_public(address: IpAddr) -> Result<(), String> {
        let is_public = match address {
            IpAddr::V4(address) => is_public_v4(address),
            IpAddr::V6(address) => is_public_v6(address),
        };
        if is_public { Ok(()) } else { Err(format!("{address} is not a public address")) }
    }
}

/// The host in lower case, without the dot that ends an absolute name.
pub(super) fn plain(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// A URL for messages: what stands behind `?` may be a signature.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Fails only for URLs that can't have either.
    let _ = url.set_password(None).and_then(|()| url.set_username(""));
    format!("`{url}`")
}

/// The registries of special addresses (RFC 6890) say which are not public.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (b & 0xfe) == 18)
        || a >= 224;
    !is_special
}

/// Global unicast (`2000::/3`) without the blocks that are set apart, and what NAT64 makes of public IPv4 addresses.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let is_set_apart = (segments[0] == 0x2001 && (segments[1] < 0x0200 || segments[1] == 0x0db8))
        || segments[0] == 0x2002
        || (segments[0] == 0x3fff && segments[1] < 0x1000);
    segments[0] & 0xe000 == 0x2000 && !is_set_apart
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allowed: &[&str]) -> Rules {
        Rules { allowed: allowed.iter().map(|one| one.parse().unwrap()).collect(), proxies: Vec::new() }
    }

    #[test]
    fn only_public_addresses_pass() {
        let refused = "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 0.0.0.0 100.64.0.1 192.0.0.8 192.0.2.1 \
                       198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 192.88.99.1 :: ::1 \
                       ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 fe80::1 fec0::1 fc00::1 fd12::1 ff02::1 2001:db8::1 \
                       2001::1 2002:7f00:1:: 64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b:1::1 100::1 3fff::1 4000::1";
        for text in refused.split_whitespace() {
            assert!(Rules::check_public(text.parse().unwrap()).is_err(), "{text}");
        }
        for text in
            "1.1.1.1 172.32.0.1 100.128.0.1 198.20.0.1 ::ffff:8.8.8.8 2606:4700::1 2a00:1450::5 64:ff9b::808:808"
                .split(' ')
        {
            assert!(Rules::check_public(text.parse().unwrap()).is_ok(), "{text}");
        }
    }

    #[test]
    fn only_https_to_public_hosts_is_asked_however_the_address_is_written() {
        let none = rules(&[]);
        for url in [
            "http://example.com/x",
            "ftp://example.com/x",
            "file:///etc/passwd",
            "https://127.0.0.1/x",
            "https://0x7f.1/x",
            "https://2130706433/x",
            "https://017700000001/x",
            "https://[::1]/x",
            "https://[::ffff:7f00:1]/x",
            "https://169.254.169.254/latest",
            "https://user:word@example.com/x",
        ] {
            let error = none.check_url(&Url::parse(url).unwrap()).unwrap_err();
            assert!(matches!(error, FetchError::Forbidden { .. }), "{url}");
            assert!(!error.to_string().contains("word@"), "{error}");
        }
        none.check_url(&Url::parse("https://example.com/x").unwrap()).unwrap();
    }

    #[test]
    fn the_allow_list_opens_a_host_or_one_port_of_it() {
        let rules = rules(&["Mirror.local", "127.0.0.1:8080", "[::1]:81", "secure.local:443"]);
        for url in [
            "http://mirror.LOCAL:99/x",
            "https://mirror.local./x",
            "http://127.0.0.1:8080/",
            "http://[::1]:81/",
            "https://secure.local/",
        ] {
            rules.check_url(&Url::parse(url).unwrap()).unwrap();
        }
        for url in [
            "http://127.0.0.1:8081/",
            "https://127.0.0.1/",
            "http://[::1]/",
            "http://sub.mirror.local/",
            "https://secure.local:8443/",
        ] {
            rules.check_url(&Url::parse(url).unwrap()).unwrap_err();
        }
        rules.check_address("mirror.local", "10.0.0.1".parse().unwrap()).unwrap();
        rules.check_address("other.local", "10.0.0.1".parse().unwrap()).unwrap_err();
        for text in ["", "a/b", "user@host", "http://x", "host:99999", "a b"] {
            text.parse::<AllowedHost>().unwrap_err();
        }
    }

    #[test]
    fn messages_show_no_signature() {
        assert_eq!(shown(&Url::parse("https://u:p@example.com/a?sig=1#x").unwrap()), "`https://example.com/a`");
    }
}
