//! What each element of a web page means for its text.

use html5gum::Span;
use html5gum::emitters::callback::CallbackEvent;

/// A piece of a web page, as far as its text is concerned.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Markup {
    /// Text between tags, entities decoded.
    Text(String),
    /// A start tag.
    Begin(Element),
    /// The start tag before ended with `/>`.
    SelfClosed,
    /// An end tag.
    End(Element),
}

/// What an element means for the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// `h1` to `h6`
    Heading,
    /// Stands on lines of its own.
    Block,
    /// `br`, `hr`
    Break,
    /// White space counts.
    Preformatted,
    /// `table`
    Table,
    /// `tr`
    Row,
    /// `td`, `th`
    Cell,
    /// `title`
    Title,
    /// `a`
    Link,
    /// No text for a reader, by its name.
    Skipped(&'static str),
    /// `html`, `head`, `body`: whatever was left open ends here.
    Frame,
}

/// Scripts, styles, drawings, and what is shown only if something else can't be.
const SKIPPED: [&str; 13] = [
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "iframe",
    "noframes",
    "noembed",
    "object",
    "canvas",
    "datalist",
    // The source of a formula, beside the formula.
    "annotation",
    "annotation-xml",
];

/// The part of an event of the tokenizer that matters.
#[expect(clippy::needless_pass_by_value, reason = "the tokenizer calls back this way")]
pub(super) fn markup(event: CallbackEvent<'_>, _span: Span<()>) -> Option<Markup> {
    match event {
        CallbackEvent::String { value } => Some(Markup::Text(String::from_utf8_lossy(value).into_owned())),
        CallbackEvent::OpenStartTag { name } => element(name).map(Markup::Begin),
        CallbackEvent::CloseStartTag { self_closing: true } => Some(Markup::SelfClosed),
        CallbackEvent::EndTag { name } => element(name).map(Markup::End),
        _ => None,
    }
}

/// `None`: an element inside a line, which means nothing.
fn element(name: &[u8]) -> Option<Element> {
    Some(match name {
        b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => Element::Heading,
        b"br" | b"hr" => Element::Break,
        b"pre" | b"textarea" | b"xmp" | b"listing" | b"plaintext" => Element::Preformatted,
        b"table" => Element::Table,
        b"tr" => Element::Row,
        b"td" | b"th" => Element::Cell,
        b"title" => Element::Title,
        b"a" => Element::Link,
        b"html" | b"head" | b"body" => Element::Frame,
        b"address" | b"article" | b"aside" | b"blockquote" | b"caption" | b"center" | b"dd" | b"details"
        | b"dialog" | b"dir" | b"div" | b"dl" | b"dt" | b"fieldset" | b"figcaption" | b"figure" | b"footer"
        | b"form" | b"header" | b"hgroup" | b"legend" | b"li" | b"main" | b"menu" | b"nav" | b"ol" | b"optgroup"
        | b"option" | b"p" | b"search" | b"section" | b"select" | b"summary" | b"ul" => Element::Block,
        _ => Element::Skipped(SKIPPED.iter().find(|skipped| skipped.as_bytes() == name)?),
    })
}
