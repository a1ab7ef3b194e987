//! Character encodings that can be asked for, by the names of the Encoding Standard.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Character encoding of the files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, ValueEnum)]
pub enum Encoding {
    /// Find out, file by file; the report says what was found.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// UTF-8.
    #[serde(rename = "utf-8")]
    #[clap(name = "utf-8")]
    Utf8,
    /// UTF-16, little end first.
    #[serde(rename = "utf-16le")]
    #[clap(name = "utf-16le")]
    Utf16le,
    /// UTF-16, big end first.
    #[serde(rename = "utf-16be")]
    #[clap(name = "utf-16be")]
    Utf16be,
    /// Central European Windows.
    #[serde(rename = "windows-1250")]
    #[clap(name = "windows-1250")]
    Windows1250,
    /// Cyrillic Windows.
    #[serde(rename = "windows-1251")]
    #[clap(name = "windows-1251")]
    Windows1251,
    /// Western Windows, also for ISO 8859-1.
    #[serde(rename = "windows-1252")]
    #[clap(name = "windows-1252")]
    Windows1252,
    /// Greek Windows.
    #[serde(rename = "windows-1253")]
    #[clap(name = "windows-1253")]
    Windows1253,
    /// Turkish Windows.
    #[serde(rename = "windows-1254")]
    #[clap(name = "windows-1254")]
    Windows1254,
    /// Central European.
    #[serde(rename = "iso-8859-2")]
    #[clap(name = "iso-8859-2")]
    Iso88592,
    /// Western with the euro sign.
    #[serde(rename = "iso-8859-15")]
    #[clap(name = "iso-8859-15")]
    Iso885915,
    /// Western, classic Mac.
    #[serde(rename = "macintosh")]
    #[clap(name = "macintosh")]
    Macintosh,
    /// Russian.
    #[serde(rename = "koi8-r")]
    #[clap(name = "koi8-r")]
    Koi8R,
    /// Russian, DOS.
    #[serde(rename = "ibm866")]
    #[clap(name = "ibm866")]
    Ibm866,
    /// Chinese, simplified; also for GBK.
    #[serde(rename = "gb18030")]
    #[clap(name = "gb18030")]
    Gb18030,
    /// Chinese, traditional.
    #[serde(rename = "big5")]
    #[clap(name = "big5")]
    Big5,
    /// Japanese.
    #[serde(rename = "shift_jis")]
    #[clap(name = "shift_jis")]
    ShiftJis,
    /// Japanese, Unix.
    #[serde(rename = "euc-jp")]
    #[clap(name = "euc-jp")]
    EucJp,
    /// Korean.
    #[serde(rename = "euc-kr")]
    #[clap(name = "euc-kr")]
    EucKr,
}

impl Encoding {
    /// The encoding, unless it is to be found out.
    pub(in crate::operations) fn wish(self) -> Option<&'static encoding_rs::Encoding> {
        Some(match self {
            Self::Auto => return None,
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Utf16le => encoding_rs::UTF_16LE,
            Self::Utf16be => encoding_rs::UTF_16BE,
            Self::Windows1250 => encoding_rs::WINDOWS_1250,
            Self::Windows1251 => encoding_rs::WINDOWS_1251,
            Self::Windows1252 => encoding_rs::WINDOWS_1252,
            Self::Windows1253 => encoding_rs::WINDOWS_1253,
            Self::Windows1254 => encoding_rs::WINDOWS_1254,
            Self::Iso88592 => encoding_rs::ISO_8859_2,
            Self::Iso885915 => encoding_rs::ISO_8859_15,
            Self::Macintosh => encoding_rs::MACINTOSH,
            Self::Koi8R => encoding_rs::KOI8_R,
            Self::Ibm866 => encoding_rs::IBM866,
            Self::Gb18030 => encoding_rs::GB18030,
            Self::Big5 => encoding_rs::BIG5,
            Self::ShiftJis => encoding_rs::SHIFT_JIS,
            Self::EucJp => encoding_rs::EUC_JP,
            Self::EucKr => encoding_rs::EUC_KR,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_of_the_encoding_standard() {
        for encoding in Encoding::value_variants().iter().filter(|encoding| **encoding != Encoding::Auto) {
            let name = serde_json::to_value(encoding).unwrap();
            let name = name.as_str().unwrap();
            assert_eq!(encoding_rs::Encoding::for_label(name.as_bytes()), encoding.wish(), "{name}");
            assert_eq!(encoding.to_possible_value().unwrap().get_name(), name);
        }
    }
}
