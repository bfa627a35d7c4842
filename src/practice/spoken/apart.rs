//! Tests of what is a direction because it stands by itself, and of what is stressed or said.

use super::tests::clean;
use super::*;

#[test]
fn what_stands_by_itself_between_marks_is_a_direction_in_any_language() {
    for direction in [
        "*seufzt*",
        "*Seufzt leise*",
        "*lacht*",
        "*soupire*",
        "*suspira*",
        "*lächelt*",
        "*Maya seufzt.*",
        "*叹气*",
        "＊叹气＊",
        "*coughs*",
        "*yawns*",
        "*beams*",
        "*exasperated*",
        "*Visibly upset.*",
        "*The room is quiet.*",
        "*The room is quiet. Rain falls.*",
        "*my hands are shaking*",
        "*My eyes fill with tears.*",
        "*I look down*",
        "*I look down.*",
        "*I slowly shake my head.*",
        "(my voice breaks)",
        "(not looking at you)",
        "* sighs *",
        "_ sighs _",
        "~ seufzt ~",
        "* seufzt leise *",
        "«sighs»",
        "«seufzt»",
        "⟨sighs⟩",
        "∗sighs∗",
        "&ast;sighs&ast;",
        "&#42;seufzt&#42;",
        "-sighs-",
        "Maya sighs.",
        "Maya slowly looks down.",
        "Maya seufzt.",
        "Maya's voice trembles.",
        "Stage direction: she sighs.",
        "**seufzt**",
        "_seufzt_",
        "~lacht~",
        "（叹了口气）",
        "【叹气】",
        "*seufzt*.",
        "*hält inne*…",
    ] {
        for (before, after) in [
            ("", ""),
            ("", " Ich weiß."),
            ("Ja. ", ""),
            ("Ja! ", " Ich weiß."),
        ] {
            let text = format!("{before}{direction}{after}");
            let said: String = clean(&text)
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ");
            let said = said.replace(['.', '…', '!'], "").trim().to_owned();
            let wanted = format!("{before}{after}").replace("  ", " ");
            assert_eq!(said, wanted.trim().replace(['.', '!'], ""), "{text}");
        }
    }
}

#[test]
fn what_is_stressed_or_said_is_kept() {
    for (text, spoken) in [
        ("*I* never said that.", "I never said that."),
        ("So it's *my* house.", "So it's my house."),
        ("*Really* important, that.", "Really important, that."),
        ("Well. *Maybe* I should.", "Well. Maybe I should."),
        ("*I said no.* So.", "I said no. So."),
        ("*You never listen!* Never.", "You never listen! Never."),
        ("*I think so.*", "I think so."),
        ("*Why?* I asked.", "Why? I asked."),
        ("*Fine.* I'll go.", "Fine. I'll go."),
        ("*Nichts*, gar nichts.", "Nichts, gar nichts."),
        ("Ich will *wirklich* nicht.", "Ich will wirklich nicht."),
        ("我*真的*不知道。", "我真的不知道。"),
        ("「我不知道」，他说。是吗？", "「我不知道」，他说。是吗？"),
        ("Er sagte «Nein» zu mir.", "Er sagte Nein zu mir."),
        ("«Ja» war alles.", "Ja war alles."),
        ("Maya here. I'm Maya Stone.", "Maya here. I'm Maya Stone."),
        ("Maya is my name.", "Maya is my name."),
        ("My aunt Maya sighs a lot.", "My aunt Maya sighs a lot."),
        ("a. stay\nb. go\nA. this\nB. that", "stay, go, this, that"),
        (
            "Two ways: i) stay, ii) go, or 3) wait.",
            "Two ways: stay, go, or wait.",
        ),
        ("See example.com/path, or not.", "See, or not."),
        (
            "Write to me@example.org. Or WWW.example.com!",
            "Write to. Or!",
        ),
        (
            "I was at Booking.com, and/or elsewhere, 24/7.",
            "I was at Booking.com, and/or elsewhere, 24/7.",
        ),
        ("*sighs Well I do…", "Well I do…"),
        ("*seufzt Ja, ich weiß.", "Ja, ich weiß."),
        ("नमस्ते। cafe\u{301}", "नमस्ते। cafe\u{301}"),
    ] {
        assert_eq!(clean(text), spoken, "{text}");
        let mut filter = SpokenFilter::of("Maya", "she/her");
        let mut letters: String = text.chars().map(|c| filter.push(&c.to_string())).collect();
        letters.push_str(&filter.finish());
        assert_eq!(letters.trim(), spoken, "{text} by letters");
    }
}

#[test]
fn in_a_sentence_too_a_direction_is_left_out_in_any_language() {
    for (before, after) in [
        ("Ich weiß nicht", "recht."),
        ("Je ne sais", "pas."),
        ("No sé", "bien."),
        ("Ho", "paura."),
    ] {
        for direction in [
            "(seufzt)",
            "(zögernd)",
            "(leise)",
            "(räuspert)",
            "(soupirant)",
            "(sospirando)",
            "(seufzt leise)",
            "[zögernd]",
            "*seufzt*",
            "*seufzt leise*",
            "*suspira*",
        ] {
            let text = format!("{before} {direction} {after}");
            assert_eq!(clean(&text), format!("{before} {after}"), "{text}");
        }
    }
    for (text, spoken) in [
        ("Das war (glaube ich) im Mai.", "Das war glaube ich im Mai."),
        ("Mein Chef (Henrik) ging.", "Mein Chef Henrik ging."),
        ("Er ruft (leider) nie an.", "Er ruft leider nie an."),
        ("Er *lacht* nie.", "Er lacht nie."),
        (
            "I have (almost) nothing left.",
            "I have almost nothing left.",
        ),
        ("Ich will *wirklich* nicht.", "Ich will wirklich nicht."),
    ] {
        assert_eq!(clean(text), spoken, "{text}");
    }
}
