//! .
use std::io::Read;
fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let t = std::time::Instant::now();
    let parse = wayleave_grammar::parse(&text);
    eprintln!("{:?}", t.elapsed());
    assert_eq!(parse.syntax().text().to_string(), text);
    if std::env::args().nth(1).is_some() { println!("{:#?}", parse.syntax()); }
    for e in parse.errors() {
        let s = usize::from(e.range.start());
        let line = text[..s].matches('\n').count() + 1;
        let col = text[..s].rfind('\n').map_or(s, |n| s - n - 1) + 1;
        println!("{} {line}:{col} [{:?}] {} | {} | {:?} | {:?}", e.code, &text[e.range], e.message, e.label, e.help, e.fixes.iter().map(|f| (&f.title, f.edits.iter().map(|e| (&text[e.range], &e.text)).collect::<Vec<_>>())).collect::<Vec<_>>());
    }
}
