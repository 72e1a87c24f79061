//! The dictionary of Melori: every lexeme of the sentences, by its English word.
//!
//! Written once and fixed for ever; no seed changes it. A stem has two syllables, each of one
//! consonant and one vowel, with at most one more consonant between them; its last vowel tells the
//! class: nouns in -a, verbs in -e, adjectives, determiners and numerals in -i, adverbs in -o,
//! pronouns, postpositions and conjunctions in -u.

/// Nouns.
pub(crate) const NOUNS: &str = "boy=veba girl=sana man=reta woman=moda child=tena neighbor=sila guest=masta \
    traveler=telva stranger=bafa friend=fima singer=visa dancer=pida baker=kirta miller=vora \
    smith=sinka teacher=hosa fisher=kona farmer=veska gardener=mita weaver=kega \
    carpenter=tipa beekeeper=nuba shepherd=hena potter=vaga tailor=bersa shopkeeper=lasa \
    mother=pula father=denta sister=dava brother=pefa son=hifa daughter=nepa \
    grandmother=vuda grandfather=taka uncle=feva aunt=poga cousin=bimba dog=gopa cat=gura \
    goat=penda duck=loka lamb=morla pony=hirsa puppy=riga kitten=lirna sheep=nofa cow=komba \
    hen=surna horse=nama goose=buga mouse=kulva fox=rusta owl=gerla frog=dirla rabbit=tonta \
    donkey=hapa bee=hosta bird=paba pig=kuma wolf=fuska ox=tista bread=pana cheese=hiska \
    soup=nolma apple=palta plum=renka pear=pera egg=bilma bun=bolta pie=binka cake=baska \
    loaf=pota nut=falda berry=monda carrot=muna potato=kasta pancake=moska bean=fova \
    fish=lonka cherry=sira honey=suka jam=moba butter=parna milk=rusa salt=nira tea=mara \
    kite=torsa boat=dela drum=ralma bell=pamba doll=geka flute=multa wagon=norta \
    whistle=dina spade=sema lantern=versa cup=kiva umbrella=tanka fan=rika ring=velta \
    stick=perta kettle=harta vase=nilva pot=ferna ball=benta book=felma key=tarla \
    knife=kelda rope=bola candle=funta hammer=ginda ladder=selta broom=fata needle=daska \
    wheel=banda spoon=liba hat=gesta scarf=santa coat=dufa cap=beta shawl=narsa ribbon=hilta \
    dress=tuva shirt=tala glove=tumba boot=dulma shoe=gisa apron=volva basket=riska box=gada \
    bag=lemba jar=tolma bucket=konka bowl=halva jug=gurta sack=fanda table=vurla bench=pursa \
    bed=mesa shelf=bida chair=leda cupboard=vinta rose=silva daisy=vunka lily=relva \
    tree=samba flower=rilta bush=dorsa vine=roma oak=luska leaf=folva seed=buma \
    pumpkin=borna story=henda song=lurta letter=gumba poem=noda secret=punta riddle=himba \
    joke=toska house=nita kitchen=manka barn=diga workshop=pika cellar=forta attic=huba \
    shop=kada tower=posta garden=girsa orchard=karna meadow=horna village=falta forest=dosa \
    valley=lunda bakery=dista mill=soga forge=golva school=besa market=rinda farm=bipa \
    inn=terna stable=raba river=bova pond=gama well=sonda bridge=ganta gate=farla lake=domba \
    fire=vupa door=mirna roof=festa wall=dura window=gova chimney=gilma floor=lara sun=puva \
    moon=kelma star=daka wind=kuta cloud=nalta storm=dema morning=marsa evening=heva \
    night=hulma afternoon=hurla day=lerla week=korla winter=kasa summer=sirta spring=remba \
    autumn=kela breakfast=sarla lunch=peska supper=gula noon=liva sunrise=bulta hay=dolta \
    wool=sava cloth=kalma clay=kersa wood=malva water=toma flour=mefa grass=teda snow=vorna";

/// Verbs, named as [`crate::syntax::words`] names them, with "be" and "exist".
pub(crate) const VERBS: &str = "sing=folve dance=sege laugh=kane smile=mibe whistle=fate work=vede cry=tine whisper=nupe \
    wake+up=sone sleep=lige rest=gende jump=pelme yawn=peske sneeze=peme run+away=fande \
    sit=noske stand=nalte wait=girse play=vuske hide=rule live=morle lie+down=danke go=kilte \
    walk=pombe run=kete hurry=rise come=tinte return=porne wander=fipe lie=hite stay=lambe \
    fall=gepe rise=vude disappear=nirte find=ronte lose=sonde mend=farne break=heste \
    take=nove drop=hurte paint=narle clean=gile buy=robe sell=rame hold=vike carry=derte \
    pick+up=male put+away=nase look~for=nimbe borrow=hode want=guve need=dife like=nide \
    eat=kalve bake=mure cook=lofe cut=venke share=moge taste=bufe smell=tele wear=kinde \
    sew=lave knit=kome wash=dinte fold=sime see=gote meet=berne help=vabe visit=polte \
    greet=leve thank=dute teach=pore follow=nefe hug=bere trust=hake hear=senke comfort=kiske \
    call=gumbe look~at=hebe talk~to=kire wait~for=mene listen~to=tunde laugh~at=doke \
    feed=fose brush=bope catch=sade lead=nilve love=kube stroke=mulve look~after=dare \
    chase=histe watch=gaste fear=pive steal=sirne plant=lurne grow=bembe pick=valme \
    water=forte draw=nuge write=bante know=tonke read=serle remember=reve forget=telme \
    learn=golme gather=pade open=bime close=norse fill=taske bring=darte build=vambe \
    give=toke send=donde show=sente lend=tume tell=rolme hope=belte try=varse promise=merse \
    begin=sake say=lude think=fulte believe=purse rain=vurle snow=minke hail=fale be=nuste \
    exist=gulve";

/// Adjectives, determiners and numerals, which all agree with their noun.
pub(crate) const ADJECTIVES: &str = "tall=halvi old=dagi young=pegi kind=miki clever=farsi happy=vulvi tired=mandi \
    hungry=sedi brave=moni quiet=kodi busy=vunti cheerful=rolmi patient=himi proud=vufi \
    small=kesi big=pandi brown=finki black=tosi white=reni gray=hadi lazy=nuki thirsty=sogi \
    gentle=masi wild=nilti noisy=buli sweet=fonti fresh=nebi warm=vopi good=napi ripe=sami \
    round=fepi red=firi blue=pasi green=dibi wooden=noski new=hesti shiny=hefi heavy=rabi \
    light=banki large=roti pretty=gendi woolen=leri long=lovi soft=golvi clean=barti \
    beautiful=sambi yellow=goki short=vembi funny=gali sad=hirli famous=siti this=bivi \
    that=lipi every=kati some=malti no=nerli last=nusti next=gurli two=lorti three=karni \
    four=pori five=lersi six=tindi seven=salmi eight=bisti nine=dorni ten=daski";

/// Adverbs, and the words that ask like them.
pub(crate) const ADVERBS: &str = "slowly=kobo quickly=moko quietly=garso happily=kosko carefully=hinto gladly=pefo \
    bravely=bamo gently=risto patiently=toso softly=ganto always=lanko often=felmo \
    never=kapo sometimes=rago usually=neso rarely=seto yesterday=hono tomorrow=loto \
    soon=gurto tonight=finko today=sano now=dopo outside=difo inside=riko here=digo \
    there=hugo very=lerlo where=gelo when=teko why=tabo how=vilto";

/// Postpositions of place and time.
pub(crate) const RELATIONS: &str = "in=lenku at=kastu by=kafu on=toku under=horu behind=randu near=nobu to=posu from=hanu \
    before=delmu after=vuru";

/// Conjunctions of clauses.
pub(crate) const CONJUNCTIONS: &str = "because=biru when=fivu while=tibu before=guvu after=keru if=relu until=pilu and=radu \
    but=mopu";

/// Pronouns; "we" is many of "I", "they" of "it".
pub(crate) const PRONOUNS: &str =
    "I=darlu you=tagu he=rulvu she=milvu it=silmu who=fulmu what=domu";
