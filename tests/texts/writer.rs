//! A writer of prose that can be edited, in twelve languages, from word lists written for this crate.
//!
//! Words are drawn by rank, the first ones far more often, as in real prose. Phrases therefore recur by chance, which makes
//! alignment hard. The same seed always gives the same text.

use super::random::Xorshift;

/// A language: how words make sentences, and the words by rank.
pub struct Language {
    pub name: &'static str,
    /// Between words.
    space: &'static str,
    /// After a clause, after a sentence.
    comma: &'static str,
    stop: &'static str,
    words: &'static str,
    /// Endings that are added to the words to make more words. The first is empty.
    endings: &'static [&'static str],
}

pub const LANGUAGES: [Language; 12] = [
    Language {
        name: "en",
        space: " ",
        comma: ", ",
        stop: ". ",
        words: "the of and to a in that it was he for on with as at by they from his this but which had not we \
            have one all their there been said when would more harbour council water bridge letter winter market \
            farmer window engine garden teacher valley paper morning station doctor village storm captain river \
            question answer kitchen mountain forest shadow silver travel listen gather build carry follow open \
            close remember forget measure repair count borrow return promise deliver decide arrive narrow quiet \
            heavy distant early common foreign gentle broken summer lantern orchard ledger anchor chimney pocket \
            saddle thunder copper meadow violin compass barrel feather candle",
        endings: &["", "s", "er", "ing", "ed", "ness", "less", "ly", "ment", "ward"],
    },
    Language {
        name: "nl",
        space: " ",
        comma: ", ",
        stop: ". ",
        words: "de het een van en in is dat op te voor met zijn die niet aan er om hij als ook maar door bij nog \
            naar dan wordt uit over werd haar meer heeft kunnen haven gemeente water brug brief winter markt boer \
            raam motor tuin leraar vallei krant ochtend station dokter dorp storm kapitein rivier vraag antwoord \
            keuken heuvel bos schaduw zilver reizen luisteren verzamelen bouwen dragen volgen openen sluiten \
            vergeten meten herstellen tellen lenen beloven leveren besluiten aankomen smal stil zwaar vroeg",
        endings: &["", "en", "je", "heid", "loos", "achtig", "s"],
    },
    Language {
        name: "de",
        space: " ",
        comma: ", ",
        stop: ". ",
        words: "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden \
            aus er hat dass sie nach wird bei Hafen Gemeinde Wasser Brücke Brief Winter Markt Bauer Fenster Motor \
            Garten Lehrer Tal Zeitung Morgen Bahnhof Arzt Dorf Sturm Kapitän Fluss Frage Antwort Küche Gebirge \
            Wald Schatten Silber reisen hören sammeln bauen tragen folgen öffnen schließen vergessen messen \
            zählen leihen versprechen liefern entscheiden schmal still schwer früh gewöhnlich fremd zerbrochen",
        endings: &["", "en", "er", "chen", "ung", "los", "heit"],
    },
    Language {
        name: "fr",
        space: " ",
        comma: ", ",
        stop: ". ",
        words: "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec \
            être son nous port commune eau pont lettre hiver marché fermier fenêtre moteur jardin professeur \
            vallée journal matin gare médecin village tempête capitaine rivière question réponse cuisine montagne \
            forêt ombre argent voyager écouter rassembler bâtir porter suivre ouvrir fermer oublier mesurer \
            réparer compter emprunter promettre livrer décider arriver étroit calme lourd lointain étranger",
        endings: &["", "s", "ment", "ette", "age", "eur"],
    },
    Language {
        name: "es",
        space: " ",
        comma: ", ",
        stop: ". ",
        words: "de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me \
            si puerto concejo agua puente carta invierno mercado campesino ventana motor jardín maestro valle \
            periódico mañana estación médico aldea tormenta capitán río pregunta respuesta cocina montaña bosque \
            sombra plata viajar escuchar reunir construir llevar seguir abrir cerrar olvidar medir reparar contar \
            prestar prometer entregar decidir llegar estrecho tranquilo pesado lejano temprano extranjero roto",
        endings: &["", "s", "mente", "ito", "dor", "ción"],
    },
    Language {
        name: "ru",
        space: " ",
        comma: ", ",
        stop: ". ",
        words: "и в не на я быть он с что а по это она этот к но они мы весь который из у то за свой ещё от гавань \
            совет вода мост письмо зима рынок крестьянин окно мотор сад учитель долина газета утро вокзал врач \
            деревня буря капитан река вопрос ответ кухня гора лес тень серебро путешествовать слушать собирать \
            строить нести следовать открывать закрывать помнить забывать мерить чинить считать обещать решать \
            узкий тихий тяжёлый далёкий ранний чужой сломанный фонарь якорь карман гром медь свеча",
        endings: &["", "ы", "ом", "ами", "ского", "ая"],
    },
    Language {
        name: "ar",
        space: " ",
        comma: "، ",
        stop: ". ",
        words: "في من على أن إلى هذا التي الذي كان عن مع هذه بعد كل بين قد ذلك لم عند غير أو ميناء مجلس ماء جسر \
            رسالة شتاء سوق فلاح نافذة محرك حديقة معلم وادي جريدة صباح محطة طبيب قرية عاصفة قبطان نهر سؤال جواب \
            مطبخ جبل غابة ظل فضة يسافر يسمع يجمع يبني يحمل يتبع يفتح يغلق يتذكر ينسى يقيس يصلح يعد يستعير يعود \
            يعد يسلم يقرر يصل ضيق هادئ ثقيل بعيد مبكر شائع غريب مكسور فانوس مرساة جيب رعد نحاس شمعة",
        endings: &["", "ات", "ين", "ها", "هم"],
    },
    Language {
        name: "hi",
        space: " ",
        comma: ", ",
        stop: "। ",
        words: "के में की है और से का को पर यह ने एक कि भी इस लिए ही हो कर तो था वह नहीं बंदरगाह परिषद पानी पुल पत्र \
            सर्दी बाज़ार किसान खिड़की इंजन बगीचा शिक्षक घाटी अख़बार सुबह स्टेशन डॉक्टर गाँव तूफ़ान कप्तान नदी प्रश्न उत्तर \
            रसोई पहाड़ जंगल छाया चाँदी यात्रा सुनना इकट्ठा बनाना उठाना पीछा खोलना बंद याद भूलना नापना मरम्मत गिनना उधार \
            लौटना वादा पहुँचाना निर्णय आना संकरा शांत भारी दूर जल्दी सामान्य विदेशी टूटा लालटेन लंगर जेब गरज ताँबा मोमबत्ती",
        endings: &["", "ों", "वाला", "ता"],
    },
    Language {
        name: "th",
        space: "",
        comma: " ",
        stop: " ",
        words: "ที่ และ ใน ของ เป็น มี ได้ ว่า จะ ไม่ ให้ ไป กับ แต่ จาก นี้ นั้น หรือ ท่าเรือ สภา น้ำ สะพาน จดหมาย ฤดูหนาว ตลาด \
            ชาวนา หน้าต่าง เครื่องยนต์ สวน ครู หุบเขา กระดาษ ตอนเช้า สถานี หมอ หมู่บ้าน พายุ กัปตัน แม่น้ำ คำถาม คำตอบ \
            ห้องครัว ภูเขา ป่า เงา เงิน เดินทาง ฟัง รวบรวม สร้าง แบก ตาม เปิด ปิด จำ ลืม วัด ซ่อม นับ ยืม กลับ สัญญา \
            ส่ง ตัดสินใจ มาถึง แคบ เงียบ หนัก ไกล เช้า ธรรมดา ต่างชาติ แตก โคมไฟ สมอ กระเป๋า ฟ้าร้อง ทองแดง เทียน",
        endings: &["", "ๆ"],
    },
    Language {
        name: "zh",
        space: "",
        comma: "，",
        stop: "。",
        words: "的 了 在 是 我们 有 和 就 不 人 都 一个 上 也 很 到 说 要 去 你 会 着 没有 看 自己 港口 议会 流水 桥梁 信件 冬天 \
            市场 农民 窗户 引擎 花园 老师 山谷 报纸 早晨 车站 医生 村庄 风暴 船长 河流 问题 回答 厨房 高山 森林 影子 白银 \
            旅行 倾听 收集 建造 搬运 跟随 打开 关闭 记得 忘记 测量 修理 计算 借来 归还 承诺 送达 决定 抵达 狭窄 安静 沉重 \
            遥远 清早 普通 外国 破碎 灯笼 船锚 口袋 雷声 黄铜 草地 小提琴 罗盘 木桶 羽毛 蜡烛",
        endings: &[""],
    },
    Language {
        name: "ja",
        space: "",
        comma: "、",
        stop: "。",
        words: "の に は を た が で て と し れ さ ある いる も する から な こと として い や など なり 港 議会 水 橋 手紙 冬 市場 \
            農夫 窓 エンジン 庭 教師 谷 新聞 朝 駅 医者 村 嵐 船長 川 質問 答え 台所 山 森 影 銀 旅する 聞く 集める 建てる \
            運ぶ 従う 開ける 閉める 覚える 忘れる 測る 直す 数える 借りる 返す 約束 届ける 決める 着く 狭い 静かな 重い \
            遠い 早い 普通の 外国の 壊れた 提灯 錨 ポケット 雷 銅 草原 バイオリン 羅針盤 樽 羽根 蝋燭",
        endings: &[""],
    },
    Language {
        name: "ko",
        space: " ",
        comma: ", ",
        stop: ". ",
        words: "이 그 저 것 수 등 및 더 또 매우 그리고 하지만 그래서 우리 그들 항구 의회 물 다리 편지 겨울 시장 농부 창문 \
            엔진 정원 교사 골짜기 신문 아침 역 의사 마을 폭풍 선장 강 질문 대답 부엌 산 숲 그림자 은 여행하다 듣다 모으다 \
            짓다 나르다 따르다 열다 닫다 기억하다 잊다 재다 고치다 세다 빌리다 돌아오다 약속하다 전하다 정하다 도착하다 \
            좁은 조용한 무거운 먼 이른 흔한 낯선 깨진 등불 닻 주머니 천둥 구리 초원 바이올린 나침반 통 깃털 촛불",
        endings: &["", "을", "에서", "으로", "에게", "까지"],
    },
];

impl Language {
    pub fn named(name: &str) -> &'static Language {
        LANGUAGES.iter().find(|language| language.name == name).expect("a language of the list")
    }

    /// All words, by rank.
    fn vocabulary(&self) -> Vec<String> {
        let stems: Vec<&str> = self.words.split_whitespace().collect();
        let endings = self.endings.iter();
        endings.flat_map(|ending| stems.iter().map(move |stem| format!("{stem}{ending}"))).collect()
    }
}

/// Writes prose in one language.
pub struct Writer {
    language: &'static Language,
    vocabulary: Vec<String>,
    pub random: Xorshift,
}

/// A sentence as words and commas, so that it can be edited.
#[derive(Clone, PartialEq, Debug)]
pub struct Sentence {
    pub words: Vec<String>,
    commas: Vec<usize>,
}

impl Writer {
    pub fn new(language: &'static Language, seed: u64) -> Writer {
        Writer { language, vocabulary: language.vocabulary(), random: Xorshift::new(seed) }
    }

    /// A word by rank: about half of all words are from the first tenth of the list.
    pub fn word(&mut self) -> String {
        let uniform = (self.random.next() >> 11) as f64 / (1u64 << 53) as f64;
        let rank = (self.vocabulary.len() as f64 + 1.0).powf(uniform) - 1.0;
        self.vocabulary[(rank as usize).min(self.vocabulary.len() - 1)].clone()
    }

    pub fn sentence(&mut self) -> Sentence {
        let length = 6 + self.random.below(14);
        let words = (0..length).map(|_| self.word()).collect();
        let commas = if length > 10 { vec![length / 2] } else { Vec::new() };
        Sentence { words, commas }
    }

    pub fn paragraph(&mut self) -> Vec<Sentence> {
        let length = 2 + self.random.below(5);
        (0..length).map(|_| self.sentence()).collect()
    }

    pub fn written(&self, sentence: &Sentence) -> String {
        let mut text = String::new();
        for (index, word) in sentence.words.iter().enumerate() {
            if sentence.commas.contains(&index) {
                text += self.language.comma;
            } else if index > 0 {
                text += self.language.space;
            }
            let mut letters = word.chars();
            match letters.next() {
                Some(first) if index == 0 => text.extend(first.to_uppercase().chain(letters)),
                _ => text += word,
            }
        }
        text + self.language.stop.trim_end()
    }

    pub fn written_paragraph(&self, paragraph: &[Sentence]) -> String {
        let gap = if self.language.stop.ends_with(' ') { " " } else { "" };
        paragraph.iter().map(|sentence| self.written(sentence)).collect::<Vec<_>>().join(gap)
    }

    /// Changes each word with this probability: replaces it, removes it, or inserts another.
    pub fn edit(&mut self, paragraph: &mut [Sentence], probability: f64) {
        for sentence in paragraph {
            let mut at = 0;
            while at < sentence.words.len() {
                if self.random.happens(probability) {
                    match self.random.below(3) {
                        0 if sentence.words.len() > 3 => drop(sentence.words.remove(at)),
                        1 => {
                            let word = self.word();
                            sentence.words.insert(at, word);
                        }
                        _ => sentence.words[at] = self.word(),
                    }
                }
                at += 1;
            }
        }
    }

    /// Paragraphs of at least `bytes` bytes in all.
    pub fn paragraphs(&mut self, bytes: usize) -> Vec<Vec<Sentence>> {
        let mut paragraphs = Vec::new();
        let mut written = 0;
        while written < bytes {
            let paragraph = self.paragraph();
            written += self.written_paragraph(&paragraph).len() + 2;
            paragraphs.push(paragraph);
        }
        paragraphs
    }

    pub fn document(&self, paragraphs: &[Vec<Sentence>]) -> String {
        let written: Vec<String> =
            paragraphs.iter().map(|paragraph| self.written_paragraph(paragraph)).collect();
        written.join("\n\n") + "\n"
    }
}
