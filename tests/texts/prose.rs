//! Prose of any length in eight languages, from word lists written for this crate and a seed.
//!
//! The first words of a list are drawn most often. Sentences have 6 to 20 words, with the commas, capitals, numbers and full
//! stops of the language; paragraphs have a few sentences. The same seed gives the same text everywhere.

use super::Random;

/// A language and how it is written.
#[derive(Clone, Copy)]
pub struct Language {
    pub name: &'static str,
    words: &'static str,
    space: &'static str,
    comma: &'static str,
    stop: &'static str,
}

pub const ENGLISH: Language = Language {
    name: "english",
    words: "the of and to in a is that it was for on with as he be at by had not they from this have were which her \
            she or one we his but all there been their would when who will more no if out so said what up its about \
            than into them can only other time new some could these two may first then any like my now over such man \
            even most made after also many before must through years where much your way well down should because \
            long each just those people too little state good very make world still see own work men day here old \
            life both between three under water house never government harbour market morning evening northern \
            committee understanding responsibility council bridge railway neighbourhood information development",
    space: " ",
    comma: ", ",
    stop: ". ",
};

pub const DUTCH: Language = Language {
    name: "dutch",
    words: "de van het een en in is dat op te zijn met voor niet aan er om ook als dan maar bij uit nog naar heeft \
            hij ze wordt door over of werd worden tot meer deze wel geen kan al jaar onder zo hun na moet veel waar \
            twee mensen nu hier eerste toch haar moeten andere grote tegen goed alleen sinds zelf volgens tussen \
            tijd weer waren gaat dag gemeente huis straat water provincie vergadering bewoners burgemeester besluit \
            ééns coördinatie financiële reünie cafés verkeersveiligheid onderwijs voorziening samenwerking haven \
            vrijwilligers maatschappelijke ontwikkeling geschiedenis landbouw gezondheidszorg ijzer brug spoor",
    space: " ",
    comma: ", ",
    stop: ". ",
};

pub const RUSSIAN: Language = Language {
    name: "russian",
    words: "и в не на что с он как это по но из у за от так все же для было бы о когда только еще или мы до вы может \
            они был если уже нет ни время даже ему под себя год людей там очень город день жизни можно первый \
            человек теперь работа дом вода после где сегодня новый большой слово дело рука между вопрос стороны \
            правительство хозяйство производство развитие совещание железная дорога мост гавань рынок утром \
            вечером соседи школа учитель библиотека строительство обсуждение решение северный ответственность",
    space: " ",
    comma: ", ",
    stop: ". ",
};

pub const GREEK: Language = Language {
    name: "greek",
    words: "και το να του η της με που την από για είναι ο δεν στο θα τα τον μας οι σε τους ένα στη αυτό έχει όμως \
            πολύ όταν μια ήταν μετά χρόνια νερό σπίτι δρόμος πόλη ημέρα άνθρωποι εργασία σχολείο δήμος απόφαση γέφυρα \
            λιμάνι αγορά πρωί βράδυ γειτονιά ιστορία ανάπτυξη συμβούλιο κυβέρνηση σιδηρόδρομος βιβλιοθήκη υγεία \
            γεωργία εκπαίδευση συνεργασία ασφάλεια κάτοικοι μεγάλη πρώτη καλά σήμερα μεταξύ επίσης σύμφωνα λόγος",
    space: " ",
    comma: ", ",
    stop: ". ",
};

pub const ARABIC: Language = Language {
    name: "arabic",
    words: "في من على أن إلى التي عن لا ما هذا هذه مع كان الذي بعد كل بين كما قال ذلك قد لم أو حيث عند غير يوم هو \
            هي حتى منذ تم خلال أكثر سنة بعض عام ثم مدينة العمل الماء بيت الناس الحكومة الجديدة المدرسة السوق الجسر \
            الميناء القطار صباح مساء المجلس القرار التنمية التعاون التعليم الزراعة الصحة التاريخ المكتبة الجيران \
            الشمال المسؤولية المعلومات الاجتماع الطريق السكان كبيرة الأولى اليوم",
    space: " ",
    comma: "، ",
    stop: ". ",
};

pub const HINDI: Language = Language {
    name: "hindi",
    words: "के में है की से और का को पर ने यह कि हैं भी एक था इस हो लिए नहीं कर तो ही गया जो साथ वह अपने बाद किया थे \
            रहा कुछ तक जा लोग दिन समय सरकार शहर पानी घर काम नया बाजार पुल बंदरगाह सुबह शाम पड़ोस स्कूल शिक्षक पुस्तकालय \
            विकास निर्णय परिषद स्वास्थ्य कृषि शिक्षा सहयोग इतिहास सड़क रेल निवासी बड़ी पहली आज बीच अनुसार ज़िम्मेदारी जानकारी \
            उत्तर बैठक क्षेत्र वर्ष",
    space: " ",
    comma: ", ",
    stop: "। ",
};

pub const CHINESE: Language = Language {
    name: "chinese",
    words: "的 一 是 在 不 了 有 和 人 这 中 大 为 上 个 国 我 以 要 他 时 来 用 们 生 到 作 地 于 出 就 分 对 成 会 可 主 发 年 \
            动 同 工 也 能 下 过 子 说 产 种 面 而 方 后 多 定 行 学 法 所 民 得 经 十 三 之 进 着 等 部 度 家 电 力 里 如 水 化 \
            城市 市场 早上 晚上 邻居 学校 老师 图书馆 发展 决定 委员会 健康 农业 教育 合作 历史 道路 铁路 居民 今天 之间 根据 \
            责任 信息 北方 会议 地区 港口 大桥 政府",
    space: "",
    comma: "，",
    stop: "。",
};

pub const THAI: Language = Language {
    name: "thai",
    words: "ที่ และ ใน ของ มี เป็น ได้ การ ว่า ให้ จะ ไม่ กับ มา ไป จาก นี้ ก็ คน แต่ โดย ความ หรือ เมื่อ แล้ว ผู้ อยู่ ต้อง เขา ถึง ทำ ซึ่ง \
            ขึ้น กัน วัน เมือง น้ำ บ้าน งาน ใหม่ ตลาด สะพาน ท่าเรือ เช้า เย็น เพื่อนบ้าน โรงเรียน ครู ห้องสมุด พัฒนา ตัดสินใจ สภา สุขภาพ \
            เกษตร การศึกษา ความร่วมมือ ประวัติศาสตร์ ถนน รถไฟ ชาวบ้าน ใหญ่ แรก วันนี้ ระหว่าง ตาม รับผิดชอบ ข้อมูล ภาคเหนือ ประชุม \
            พื้นที่ รัฐบาล",
    space: "",
    comma: " ",
    stop: " ",
};

pub const ALL: [Language; 8] = [ENGLISH, DUTCH, RUSSIAN, GREEK, ARABIC, HINDI, CHINESE, THAI];

impl Language {
    /// One paragraph of `words` words. No space follows its last full stop.
    pub fn paragraph(self, words: usize, random: &mut Random) -> String {
        let list: Vec<&str> = self.words.split_whitespace().collect();
        let mut text = String::new();
        let mut left = words;
        while left > 0 {
            let length = (6 + random.below(15)).min(left);
            for index in 0..length {
                let word = match random.below(60) {
                    // Sentences do not start with a number.
                    0 if index > 0 => (1 + random.below(2030)).to_string(),
                    // With the square of a uniform number, the first words of the list are more frequent.
                    _ => {
                        let (one, two) = (random.below(1000), random.below(1000));
                        list[one * two * list.len() / 1_000_000].to_owned()
                    }
                };
                match index {
                    0 => text.extend(capitalised(&word)),
                    _ => text.push_str(&word),
                }
                if index + 1 < length {
                    text.push_str(if random.below(11) == 0 { self.comma } else { self.space });
                }
            }
            text.push_str(self.stop);
            left -= length;
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// At least `bytes` bytes in paragraphs, cut at a character boundary.
    pub fn text(self, bytes: usize, seed: u64) -> String {
        let mut random = Random(seed);
        let mut text = String::new();
        while text.len() < bytes {
            text.push_str(&self.paragraph(30 + random.below(60), &mut random));
            text.push_str("\n\n");
        }
        let end = (bytes..).find(|&end| text.is_char_boundary(end)).expect("the end is one");
        text.truncate(end);
        text
    }

    /// Texts of `bytes` bytes, `total` bytes together.
    pub fn texts(self, bytes: usize, total: usize) -> Vec<String> {
        (0..(total / bytes).max(1)).map(|seed| self.text(bytes, seed as u64)).collect()
    }
}

fn capitalised(word: &str) -> impl Iterator<Item = char> {
    let mut rest = word.chars();
    rest.next().into_iter().flat_map(char::to_uppercase).chain(rest)
}
