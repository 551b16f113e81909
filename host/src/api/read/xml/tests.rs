//! Documents that are read, and all that are refused.

use super::*;

fn read(text: &str) -> Element {
    xml(text.as_bytes()).unwrap()
}

#[track_caller]
fn refused(text: &str) -> String {
    match xml(text.as_bytes()) {
        Ok(element) => panic!("{element:?}"),
        Err(problem) => problem.reason,
    }
}

#[test]
fn elements_attributes_and_texts_are_read() {
    let root = read(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\n<!-- a comment -->\n\
         <a b=\"1 &amp; &#50;\" c='\"'>\n  <d/>\n  <e>x &lt; &#x79;<![CDATA[ <z> &amp;]]></e>\n  <d></d>\n</a>\n",
    );
    assert_eq!(root.name, "a");
    assert_eq!(root.attributes, [("b".to_owned(), "1 & 2".to_owned()), ("c".to_owned(), "\"".to_owned())]);
    let names: Vec<&str> = root.children.iter().map(|child| child.name.as_str()).collect();
    assert_eq!(names, ["d", "e", "d"]);
    assert_eq!(root.children[1].text, "x < y <z> &amp;");
    assert_eq!(read("<a>x\r\ny\rz</a>").text, "x\ny\nz");
}

#[test]
fn nothing_outside_is_referred_to() {
    let laughs: String =
        (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    for text in [
        format!("<!DOCTYPE a [<!ENTITY l0 \"lol\">{laughs}]><a>&l9;</a>"),
        "<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/a.dtd\"><a/>".to_owned(),
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>".to_owned(),
        "<!DOCTYPE a [<!ENTITY % p SYSTEM \"file:///etc/passwd\"> %p;]><a/>".to_owned(),
        "<!doctype a><a/>".to_owned(),
    ] {
        let reason = refused(&text);
        assert!(reason.contains("document type") || reason.contains("is not XML"), "{reason}");
    }
    for text in [
        "<a>&x;</a>",
        "<a>&nbsp;</a>",
        "<a b='&x;'/>",
        "<a>&#0;</a>",
        "<a>&#xfffe;</a>",
        "<a>&#x110000;</a>",
        "<a>& b</a>",
    ] {
        refused(text);
    }
    refused("<?xml-stylesheet href=\"http://a.example/\"?><a/>");
    refused("<a xmlns:xi=\"x\"><?php echo 1 ?></a>");
}

#[test]
fn depth_number_and_size_are_bounded() {
    let nested = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
    assert!(xml(nested(DEPTH).as_bytes()).is_ok());
    assert!(refused(&nested(DEPTH + 1)).contains("deeper"));
    refused(&"<a>".repeat(1_000_000));
    assert!(refused(&format!("<a>{}</a>", "<b/>".repeat(ELEMENTS))).contains("more elements"));
    let many: String = (0..1000).map(|n| format!(" a{n}='x'")).collect();
    assert!(refused(&format!("<a{many}/>")).contains("attributes"));
    refused(&format!("<{}/>", "a".repeat(NAME + 1)));
}

#[test]
fn what_is_no_document_is_refused() {
    for text in [
        "",
        " ",
        "a",
        "{}",
        "<a>",
        "</a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>x",
        "x<a/>",
        "<a b='1' b='2'/>",
        "<a b/>",
        "<a b='<'/>",
        "<a>x<b/></a>",
        "<a>\u{1}</a>",
        "<a>\u{fffe}</a>",
        "<a><!-- -- --></a>",
        "<a b='\u{2}'/>",
        "<a&/>",
        "<a b=1/>",
        " <?xml version='1.0'?><a/>",
        "<a><?xml version='1.0'?></a>",
        "<?xml version='1.1'?><a/>",
        "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
        "<?xml version='1.0' encoding='UTF-16'?><a/>",
    ] {
        refused(text);
    }
    assert!(xml(b"<a>\xff</a>").is_err());
    assert!(xml("<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().as_slice()).is_err());
}

#[test]
fn what_is_wrong_is_told_without_repeating_it() {
    for text in ["<a>secret", "<a>&secret;</a>", "<secret></other>", "<a secret='1' secret='2'/>"] {
        assert!(!refused(text).contains("secret"), "{text}");
    }
}
