//! The registry of diagnostic codes: number, severity, and the page that `explain` prints.

use super::Severity;

macro_rules! codes {
    ($($code:ident $severity:ident $title:literal,)*) => {
        /// A stable code. Never renumbered, never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $code,)*
        }

        impl Code {
            /// Every code, ascending.
            pub const ALL: &[Code] = &[$(Code::$code,)*];

            /// `R0101`
            pub fn name(self) -> &'static str {
                match self { $(Code::$code => stringify!($code),)* }
            }

            /// What it stands for, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Code::$code => $title,)* }
            }

            /// Its weight unless told otherwise.
            pub fn severity(self) -> Severity {
                match self { $(Code::$code => Severity::$severity,)* }
            }

            /// The page of the book on it: the mistake, why it matters, the mend; in Markdown.
            pub fn page(self) -> &'static str {
                match self {
                    $(Code::$code => include_str!(concat!("../../../docs/codes/", stringify!($code), ".md")),)*
                }
            }
        }
    };
}

codes! {
    R0001 Error "syntax",
    R0002 Error "`and` beside `or` without parentheses",
    R0003 Error "a symbol or word of another language",
    R0004 Error "hidden or look-alike characters",
    R0005 Error "unknown edition",
    R0101 Error "unknown name",
    R0102 Error "declared twice",
    R0103 Error "cycle",
    R0104 Error "missing or repeated `otherwise`",
    R0105 Error "outside a delegated file's authority",
    R0201 Error "type mismatch",
    R0202 Error "unit mismatch or missing unit",
    R0203 Error "comparing two request attributes",
    R0204 Error "an order that the type does not have",
    R0205 Error "a regular expression that is wrong or too large",
    R0206 Error "missing, unknown or repeated field or clause",
    R0207 Error "shares that do not sum to 100%",
    R0208 Error "a ramp that does not rise",
    R0209 Error "several sources without `combine`",
    R0210 Error "falling over a caller's own mistake",
    R0211 Error "a secret in the policy's text",
    R0212 Error "`target` where it cannot be tested",
    R0301 Error "an arm or route that no request reaches",
    R0302 Error "two routes that answer the same request",
    R0304 Note "requests that a route turns away for want of capability or context",
    R0305 Warning "a candidate that is never eligible where it stands",
    R0306 Warning "a rule that never applies",
    R0307 Warning "a part of a condition that changes nothing",
    R0308 Warning "a request that no fallback could take over",
    R0309 Warning "unused declaration",
    R0310 Warning "an approval that ends within 30 days or has ended",
    R0311 Warning "a budget that nothing tests",
    R0312 Warning "a rule that a caller can lift",
    R0313 Note "a route whose candidates are all of one provider",
    R0314 Warning "texts that differ by a slip of the pen",
    R0315 Warning "an alias on which nobody can be served",
    R0316 Warning "`requested` can mean several targets",
    R0317 Warning "an `allow` comment that silences nothing",
    R0401 Error "a guarantee that does not hold",
    R0402 Warning "a guarantee that holds of nothing",
    R0403 Error "a test that fails",
    R0501 Warning "a migration to a target that is not eligible for every request it moves",
    R0502 Warning "a phase in which a migration's target serves nobody",
    R0901 Error "too large to be exact",
    R0902 Error "a construct that the proxy does not enforce yet",
}

impl Code {
    /// The code of that name, in any case.
    pub fn find(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.name().eq_ignore_ascii_case(name))
    }
}
