//! What is measured of words between stars that may be stressed or a direction, in several languages.

use super::tests::clean;

/// Directions before a sentence, with a capital.
const DIRECTIONS: &[&str] = &[
    "*Sighs* I don't know.",
    "*Pauses* I guess.",
    "*Laughing* I mean it.",
    "*Silence* I don't know.",
    "*Pause* I don't know.",
    "*Seufzt* Ich weiß nicht.",
    "*Lacht* Vielleicht.",
    "*Nickt* Ja, genau.",
    "*Lächelt* Irgendwie schon.",
    "*Weint* Meine Mutter ist krank.",
    "*Schweigen* Ich weiß nicht.",
    "*Stille* Ich weiß nicht.",
    "*Zögert* Mein Chef sagt das.",
    "*Schluckt* Anna ist weg.",
    "*Soupire* Je ne sais pas.",
    "*Rit* Oui.",
    "*Pleure* Maman est partie.",
    "*Hésite* Peut-être.",
    "*Suspira* No lo sé.",
    "*Llora* Mi madre está enferma.",
    "*Ríe* Sí, claro.",
    "*Duda* Quizás.",
    "*Sospira* Non lo so.",
    "*Piange* Mia madre è malata.",
    "*Esita* Forse.",
    "*Zucht* Ik weet het niet.",
    "*Lacht* Misschien.",
    "*Exasperated* I told them.",
    "*Tearful* I miss her.",
    "*Angry* I told him.",
    "*Quiet* I suppose so.",
    "*Nervous* I've never said that.",
    "*Crying* Mum is gone.",
    "*Shrugs* Tom did it.",
    "*Whispering* I can't.",
    "*Quietly* I can't.",
    "*Hesitant* I don't think so.",
    "*Tired* I can't sleep.",
    "*Tears* I miss her.",
];

/// Stressed words of a sentence that goes on with a capital.
const STRESSED: &[&str] = &[
    "*Tom* I trust.",
    "*Mum* I miss.",
    "*Mondays* I work.",
    "*Anna* I love.",
    "*Money* I have.",
    "*Time* I don't have.",
    "*Love* I understand.",
    "*Now* I see it.",
    "*Before* I left, it was fine.",
    "*After* I left, it fell apart.",
    "*While* I was away.",
    "*Until* I told them.",
    "*Since* I left.",
    "*Once* I know, I'll go.",
    "*Poor* Tom.",
    "*Dear* Anna.",
    "*Both* Tom and I.",
    "*Suddenly* I saw it.",
    "*Sometimes* I cry.",
    "*Usually* I don't.",
    "*Mein* Chef sagt das.",
    "*Meine* Mutter ist krank.",
    "*Unser* Haus ist weg.",
    "*Diese* Leute sind schlimm.",
    "*Alle* Kollegen sind weg.",
    "*Jeden* Montag.",
    "*Seine* Mutter war da.",
    "*Kein* Mensch versteht das.",
    "*Dieser* Mann.",
    "*Zwei* Jahre.",
    "*Ihr* Mann.",
    "*Diesen* Job.",
    "*Frau* Meier hat das gesagt.",
    "*Peter* Ich? Nein.",
    "*David* I like.",
    "*Chris* I like.",
    "*Work* I can do.",
    "*Sleep* I need.",
    "*Paris* I know.",
    "*Ella* I like.",
];

/// Words stressed in the middle of a sentence. A direction in the same place cannot be told from
/// them without the words of its language: none of these may be lost for it.
const WITHIN: &[&str] = &[
    "Ich will *wirklich* nicht.",
    "Nein, *du* hast das gesagt.",
    "Ich habe es *nicht* getan.",
    "Es ist, *jetzt* merke ich es, schwer.",
    "Das ist *mein* Leben.",
    "Ja, *vielleicht* gehe ich.",
    "Aber, *trotzdem* bleibe ich.",
    "Ich habe *immer* gearbeitet.",
    "Sie hat *gelacht* über mich.",
    "Er *lacht* über mich.",
    "Sie *weint* nie.",
    "Mein Chef *sagt* das nur.",
    "Weil er mich *liebt* und nicht sie.",
    "Es *macht* mir Angst.",
    "Ich weiß *überhaupt* nichts.",
    "Nun, *selbst* das war zu viel.",
    "Und *sofort* war alles anders.",
    "Das glaube ich *nicht*.",
    "Ich hätte es *gewusst*.",
    "Je ne veux *vraiment* pas.",
    "Non, *elle* a dit ça.",
    "C'est *ma* vie.",
    "Il *rit* de moi.",
    "Mais, *même* là, rien.",
    "Je suis *toute* seule.",
    "Ce n'est *jamais* assez.",
    "Elle *pense* que j'ai tort.",
    "Enfin, *presque* tout.",
    "No quiero *nada* de eso.",
    "Es *mi* casa.",
    "Ella *piensa* que no.",
    "Bueno, *casi* todo.",
    "Y *nunca* me escucha.",
    "Era *toda* mi vida.",
    "No, *ella* lo dijo.",
    "Non voglio *niente*.",
    "È *la mia* vita.",
    "Lei *pensa* di no.",
    "Beh, *quasi* tutto.",
    "È *sempre* così.",
    "No, *lui* l'ha detto.",
    "Não quero *nada*.",
    "É a *minha* vida.",
    "Ela *pensa* que não.",
    "Ik wil het *echt* niet.",
    "Het is *mijn* leven.",
    "Hij *lacht* om mij.",
    "Nou, *bijna* alles.",
];

/// Those of which the marked word is said.
fn said(texts: &[&'static str]) -> Vec<&'static str> {
    let kept = |text: &&&str| clean(text).len() == text.len() - 2;
    texts.iter().filter(kept).copied().collect()
}

#[test]
fn a_stressed_word_before_a_capital_is_mostly_kept_and_a_direction_mostly_left_out() {
    let spoken = said(DIRECTIONS);
    assert!(spoken.len() <= 4, "of {}: {spoken:?}", DIRECTIONS.len());
    let kept = said(STRESSED);
    let lost = STRESSED.iter().filter(|text| !kept.contains(text));
    let lost: Vec<_> = lost.collect();
    assert!(lost.len() <= 10, "of {}: {lost:?}", STRESSED.len());
}

#[test]
fn no_word_that_is_stressed_in_the_middle_is_lost() {
    assert_eq!(said(WITHIN), WITHIN);
}
