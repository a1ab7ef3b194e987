//! Which language a text is in.
//!
//! For: leaving out texts of other languages. Not for: how sure a guess is in numbers; there is sure and not; checks of
//! data, which are compared with other tools, ask `identification`. The one decision: a language has the two letters that
//! people write (ISO 639-1), and one that can't be told has none.

use whatlang::Lang;

/// Languages that are told apart, by the codes of whatlang (ISO 639-3) and those of ISO 639-1.
const CODES: [(Lang, &str); 70] = [
    (Lang::Afr, "af"),
    (Lang::Aka, "ak"),
    (Lang::Amh, "am"),
    (Lang::Ara, "ar"),
    (Lang::Aze, "az"),
    (Lang::Bel, "be"),
    (Lang::Ben, "bn"),
    (Lang::Bul, "bg"),
    (Lang::Cat, "ca"),
    (Lang::Ces, "cs"),
    (Lang::Cmn, "zh"),
    (Lang::Cym, "cy"),
    (Lang::Dan, "da"),
    (Lang::Deu, "de"),
    (Lang::Ell, "el"),
    (Lang::Eng, "en"),
    (Lang::Epo, "eo"),
    (Lang::Est, "et"),
    (Lang::Fin, "fi"),
    (Lang::Fra, "fr"),
    (Lang::Guj, "gu"),
    (Lang::Heb, "he"),
    (Lang::Hin, "hi"),
    (Lang::Hrv, "hr"),
    (Lang::Hun, "hu"),
    (Lang::Hye, "hy"),
    (Lang::Ind, "id"),
    (Lang::Ita, "it"),
    (Lang::Jav, "jv"),
    (Lang::Jpn, "ja"),
    (Lang::Kan, "kn"),
    (Lang::Kat, "ka"),
    (Lang::Khm, "km"),
    (Lang::Kor, "ko"),
    (Lang::Lat, "la"),
    (Lang::Lav, "lv"),
    (Lang::Lit, "lt"),
    (Lang::Mal, "ml"),
    (Lang::Mar, "mr"),
    (Lang::Mkd, "mk"),
    (Lang::Mya, "my"),
    (Lang::Nep, "ne"),
    (Lang::Nld, "nl"),
    (Lang::Nob, "nb"),
    (Lang::Ori, "or"),
    (Lang::Pan, "pa"),
    (Lang::Pes, "fa"),
    (Lang::Pol, "pl"),
    (Lang::Por, "pt"),
    (Lang::Ron, "ro"),
    (Lang::Rus, "ru"),
    (Lang::Sin, "si"),
    (Lang::Slk, "sk"),
    (Lang::Slv, "sl"),
    (Lang::Sna, "sn"),
    (Lang::Spa, "es"),
    (Lang::Srp, "sr"),
    (Lang::Swe, "sv"),
    (Lang::Tam, "ta"),
    (Lang::Tel, "te"),
    (Lang::Tgl, "tl"),
    (Lang::Tha, "th"),
    (Lang::Tuk, "tk"),
    (Lang::Tur, "tr"),
    (Lang::Ukr, "uk"),
    (Lang::Urd, "ur"),
    (Lang::Uzb, "uz"),
    (Lang::Vie, "vi"),
    (Lang::Yid, "yi"),
    (Lang::Zul, "zu"),
];

/// The language of a text, where it is sure: a sentence or two mostly is, a word mostly is not.
pub fn language(text: &str) -> Option<&'static str> {
    let found = whatlang::detect(text).filter(whatlang::Info::is_reliable)?;
    CODES.iter().find(|(lang, _)| *lang == found.lang()).map(|(_, code)| *code)
}

/// The codes of all languages that are told apart.
pub fn languages() -> impl Iterator<Item = &'static str> {
    CODES.iter().map(|(_, code)| *code)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_language_has_one_code() {
        assert_eq!(languages().collect::<HashSet<_>>().len(), Lang::all().len());
        assert_eq!(CODES.iter().map(|(lang, _)| *lang).collect::<HashSet<_>>().len(), Lang::all().len());
    }

    #[test]
    fn a_sentence_tells_its_language_and_a_name_does_not() {
        assert_eq!(language("The water that is used for cooling goes back into the river."), Some("en"));
        assert_eq!(language("Das Wasser, mit dem gekühlt wird, fließt in den Fluss zurück."), Some("de"));
        assert_eq!(language("Το νερό της ψύξης επιστρέφει στο ποτάμι."), Some("el"));
        assert_eq!((language("CO2"), language("")), (None, None));
    }
}
