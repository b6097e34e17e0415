/* Words that tell names from other capitalised words. Facts gathered by hand; in lower case, in order of their bytes,
 * each between spaces. */
#include "detect/validators/person_names.h"

#include <string.h>

/* Given names that are as often a word, a month or a place. */
static const char ambiguous_names[] =
    " alba alma andy angel antonio april august austin autumn barry basil bo bonnie brandy brook brooke can carolina "
    "chance chase chester christian claire clementine cliff cole constance crystal daisy dakota dallas dante dawn "
    "dean destiny dexter dick diego don drake drew duke earl ed eden else eric ethan eve faith felicity fleur "
    "florence forrest france francisco frank gene genesis georgia ginger glen grace grant guy harmony harper hazel "
    "heath heather holly hong hope hunter ida iris israel ivy jack jade jan jasmine jasper jay jewel jo jordan "
    "journey joy june justice kelly kent kerry kit lance lane laurel laurence les li lily lincoln london lou luna "
    "madison mai marcel marina mark mason max may melody mercedes mercy mina mine misty morgan neal norm olive paige "
    "paris parker pat patience pearl penny per phoenix piper poppy prince ralph ram ray reed rex rich river rob "
    "robin rod roman rose rowan ruby rusty sage salem sally sandy savannah scout serenity shelby sierra sky skye "
    "sonny sterling stone storm sue summer sunday sunny sydney tanner tell terra tom tracy trinity troy tyler vera "
    "victoria vince viola violet virginia wade walker ward webb west weston will willow winter wolf woody wren yan "
    "yi young zen ";

/* Surnames. */
static const char surnames[] =
    " abbott abe abrams abubakar acevedo ackerman acosta adamczyk adams adeyemi adkins agarwal aggarwal aguilar "
    "ahmed ahn ahonen akter albert albrecht aldridge alekseev alexander ali allen allison almeida alonso alston "
    "alvarado alvarez alves amato andersen anderson andersson andrade andre andreassen andreev andrews andré "
    "antunes aoki appiah aquino araujo araújo arias armstrong arnaud arnold arora arslan arvidsson asante ashley "
    "aslan atkins atkinson aubert auer austin avila axelsson ayala aydin aydın azevedo babić bailey baker bakken "
    "bakker baldwin ball ballard balogh balázs banerjee banks baran barber barbier barbieri barbosa barker barlow "
    "barnes barnett barone barr barrett barron barros barry bartlett barton basile bass bates batista battaglia "
    "bauer baumann bautista baxter beard beck becker begum bell bellini bello benedetti beneš bengtsson benjamin "
    "bennett benoit benoît benson bentley benítez berg berger berglund bergman bergmann bergqvist bergström "
    "bernard bernardi berry bertrand best bhatia bhatt bianchi bianco bird bishop björk black blackburn blackwell "
    "blair blake blanc blanchard blanco blomqvist boateng boehm boer bond bondarenko bonnet booker booth borges bos "
    "bose botha bourgeois bowen bowers bowman boyd boyer boyko boyle bradford bradley bradshaw brady branch brandt "
    "braun bravo bray brennan brewer bridges briggs britt brock brooks brouwer brown browning bruce brun brunet "
    "brunner bruno bryan bryant buchanan buck buckley buckner bui bullock burch burgess burke burnett burns burris "
    "burton busch bush bustamante butler byers byrd böhm caballero cabrera cain calderon caldwell calhoun callahan "
    "calvo camacho cameron campbell campos cannon cano cao caputo carbone cardenas cardoso carey carlisle carlson "
    "carmona carney caron carpenter carr carrasco carrillo carroll carter caruso carvalho carver case casey cash "
    "castaneda castillo castro cattaneo cavalcanti celik cervantes chambers chan chandler chang chapman charles "
    "chase chatterjee chaudhary chauhan chavez chen cheng cherry cheung chevalier cho choi chopra choudhury "
    "christensen christian christiansen chua church ciobanu claes claesson clark clarke clayton clement clements "
    "cline clément cobb cochran coelho coetzee coffey cohen colas cole coleman collet collier collins colombo combs "
    "compton conley conner conrad conte conti contreras conway cook cooke cooley cooper copeland coppola cordero "
    "correia cortez cortés costa costantini cote cotton cox craft craig crane crawford crespo crosby cross cruz "
    "cummings cunha cunningham curtis cárdenas dahl dale dalton damico dang daniel daniels danielsson das daugherty "
    "davenport david davidson davis dawson day dean deangelis deboer decker degraaf degroot dejesus dejong dekker "
    "dela delacruz deleon delgado deluca demir deng denis desai desantis deschamps desimone desmet devries dewit "
    "dias diaz dickerson dickson dietrich diez dijk dijkstra dillard dillon dimitriou dixon dlamini do dodson doe "
    "dogan doležal dominguez domínguez donaldson donati dong donovan dorsey dotson douglas downs doyle doğan "
    "drake dubey dubois dudek dudley duffy dufour duke dumas dumitru dumont duncan dunn dupont duran durand durán "
    "dutta duval dvořák dvořáková dyer díaz dąbrowska dąbrowski eaton eder edwards egger egorov eide eklund "
    "elliot elliott ellis emerson endo engel english engström erickson eriksen eriksson escobar espinosa espinoza "
    "esposito esteban estrada evans everett ewing eze fabbri fabre farina farkas farley farmer farrell faulkner "
    "faure fedorov fehér fekete feng ferguson fernandes fernandez fernández ferrara ferrari ferraro ferreira "
    "ferrell ferrer ferretti ferri fiala fields figueiredo figueroa finch finley fiore fischer fisher fitzgerald "
    "fitzpatrick fleming fletcher fleury flores flowers floyd flynn foley fonseca fontaine fontana forbes ford "
    "foreman forsberg foster fournier fowler fox francis franco francois frank franke franklin fransson françois "
    "frazier fredriksson freeman freitas french friedrich frost fry frye fuchs fuentes fujii fujita fujiwara fukuda "
    "fuller gaines gallagher gallardo gallego gallegos galli gallo galloway gamble garcia gardner garner garnier "
    "garrett garrido garrison garza gates gatti gauthier gautier gay gentile gentry george georgiou gerard gheorghe "
    "ghosh gibbs gibson gil gilbert gilliam gilmore giménez giordano girard giraud giuliani glass glenn glover goh "
    "golden gomes gomez goncalves gonzalez gonzález gonçalves good goodman goodwin goossens gordon goto gould "
    "govender grabowska grabowski graf graham grant grassi grasso graves gray greco green greene greer gregory "
    "griffin griffith grimes groot gross groß gruber guerin guerra guerrero guillaume gundersen gunnarsson guo "
    "gupta gustafsson guthrie gutierrez gutiérrez guy guzman guérin gál gérard gómez górski günther haas "
    "hagen hahn hale haley hall halvorsen hamilton hammond hampton han hancock haney hansen hanson hansson hardin "
    "harding hardy harmon harper harrell harrington harris harrison hart hartman hartmann harvey hasegawa hashimoto "
    "hatfield haugen hawkins hayashi hayes hays head heath hebert heikkilä heikkinen heinonen heinrich henderson "
    "hendricks hendriks hendrix henriksen henriksson henry henson herman hernandez hernández herrera herrero "
    "herring herrmann hess hester hewitt hickman hicks hidalgo higgins hill hines hinton ho hoang hobbs hodge hodges "
    "hoekstra hofer hoffman hoffmann hofmann hogan holcomb holden holder holland holloway holm holman holmberg "
    "holmes holt hong hood hooper hoover hopkins hopper horn horne horton horvat horváth horák horáková hossain "
    "house houston howard howell hoyt hsieh hsu hu huang hubbard huber hubert hudson huff huffman hughes huisman "
    "hull humphrey humphreys hunt hunter hurley hurst hussain hutchinson huynh hwang hyde hájek hämäläinen "
    "håkansson ibrahim ibáñez iglesias ikeda ilić ingram inoue ionescu iqbal irwin isaksson ishii ishikawa islam "
    "ito ivanov ivanova iversen iyer jabłoński jackson jacobs jacobsen jaeger jain jakobsen jakobsson james jang "
    "jankowska jankowski jansen janssens jansson jarvis jaworski jean jefferson jelínek jenkins jennings jensen "
    "jesus jimenez jiménez johannessen johansen johansson johnsen johnson johnston jokinen joly jones jong jonsson "
    "jordan joseph joshi jovanović joyce juarez juhász jung jurić justice jäger järvinen jönsson jørgensen "
    "kaczmarek kaiser kamau kamińska kamiński kane kang kapoor kara kariuki karjalainen karlsen karlsson kato "
    "kaufman kaya keenan keith keller kelley kelly kemp kennedy kent kerr khan khanna khatun khumalo kidd kim kimura "
    "king kinney kinnunen kirby kirk kiss klein kline knapp knežević knight knowles knox knudsen knutsen kobayashi "
    "koch koehler koenig koh kok kolář kondo korhonen koskinen koster koval kovalchuk kovalenko kovač kovačević "
    "kovačić kovács kovář kowalczyk kowalska kowalski kozlov kozłowska kozłowski koç kraemer kramer kraus "
    "krause kravchenko krawczyk krejčí krishnan kristiansen kristoffersen krueger král krämer król krüger kuhn "
    "kulkarni kumar kurt kuznetsov kuznetsova kučera kučerová kwiatkowska kwiatkowski kwok kwon köhler könig "
    "kühn kılıç lacroix lahtinen lai laine laitinen lakatos lam lamb lambert lancaster landry lane lang lange "
    "langley lara larsen larson larsson lau laurent lauritsen lawrence lawson le leach lebedev leblanc lechner "
    "leclerc leclercq lecomte lee lefebvre legrand lehmann lehtinen lehtonen leitner lemaire leonard leone leroux "
    "leroy leung levine levy lewandowska lewandowski lewis león li liang lim lima lin lind lindberg lindgren "
    "lindqvist lindsay lindsey lindström little liu livingston lloyd logan lombardi lombardo long longo lopes lopez "
    "lorenz lorenzo lott lourenço love lowe lowery lozano lucas lucero ludwig luna lund lundberg lundgren lundin "
    "lundqvist lundström luo lynch lynn lyons lópez löfgren ma macdonald machado macias mack madden maddox madsen "
    "maeda maes magnusson mahoney maier majewski makarov maldonado malhotra malik malinowski malone mancini mann "
    "manning marchand marchetti marek mariani marie marini marino marić marković marks marques marquez marsh "
    "marshall martin martinelli martinez martini martino martins martinsen martín martínez marín mason massey "
    "masson matei mathews mathieu mathis matos matsuda matsumoto matthews mattila mattsson maxwell may mayer maynard "
    "mayo mays mazur mazza mcbride mccarthy mcclain mcclure mcconnell mccormick mccoy mccullough mcdaniel mcdonald "
    "mcdowell mcfadden mcfarland mcgee mcgowan mcguire mcintosh mcintyre mckay mckee mckenzie mckinney mcknight "
    "mclaughlin mclean mcleod mcmahon mcmillan mcneil mcpherson meadows medina meer mehta meier meijer mejia "
    "melendez melnyk melo melton mendes mendez mendoza menon mensah mercado mercer mercier merrill merritt mertens "
    "messina meunier meyer meyers michael michalak michalska michalski michel middleton mikhailov milani miles "
    "miller mills milošević miranda mishra mitchell miura moeller moen mohammed mokoena molina molnár monroe "
    "montanari monteiro montero montgomery monti montoya moody moon mooney moore mora morales moran moreau moreira "
    "morel morelli moreno moretti morgan mori morin morozov morris morrison morrow morse mortensen morton moser "
    "moses mosley moss moura moya mueller mukherjee mulder mullen muller mullins munoz murakami murillo murphy "
    "murray musa mustermann mutua muñoz mwangi myers márquez mäkelä mäkinen mårtensson méndez mészáros "
    "möller møller müller nagy naidoo naidu nair nakagawa nakajima nakamura nascimento nash navarro navrátil "
    "ndlovu neal negri nelson neri neumann neves newman newton ng nguyen nichols nicholson nicolas nielsen niemi "
    "nieminen nieto nikitin nikolaev nikolaidis nikolić nilsen nilsson nishimura nixon njoroge nkosi noble noel "
    "nolan nordström norman norris norton novak novikov novotná novotný novák nováková nowak nowakowski "
    "nowicki noël nunes nunez nuñez nyberg nyström németh núñez němcová němec obrien ocampo ochieng ochoa "
    "oconnell oconnor odom odonnell ogawa ogunleye okada okafor okamoto okeke okonkwo oliveira oliver oliynyk "
    "olofsson olsen olson olsson olszewski oláh oneal oneill ong orlando orlov orr ortega ortiz osborn osborne osei "
    "ostrowski ota otieno otto owen owens owusu ozturk pace pacheco padilla pagano page palmer palmieri palumbo pan "
    "pandey papadakis papadopoulos papp parisi park parker parks parra parrish parsons pascual pastor patel patrick "
    "patterson patton paul pavlov pavlović pawlak pawłowska pawłowski payne pearson pedersen peeters pellegrini "
    "pellegrino pena peng pennington perea pereira perez perkins perrin perry persson peters petersen peterson petit "
    "petrov petrova petrović pettersen pettersson petty peña pfeiffer pham phan phelps philippe phillips picard "
    "pichler pickett pierce pietrzak pillai pineda pinto piotrowska piotrowski piras pires pittman pitts pohl "
    "pokorný polishchuk pollard poole popa pope popescu popov popova popović porter pospíšil potter potts "
    "poulsen powell powers pratt preston pretorius price prieto prins procházka procházková proctor pruitt pugh "
    "pérez quinn quintero radu rahman raman ramirez ramos ramsey ramírez randall randolph rantanen rao raposo "
    "rasmussen rathore ratliff ray raymond reddy reed reese reeves reid reilly reis renard renaud rey reyes reynolds "
    "rhodes ribeiro ricci rice rich richard richards richardson richmond richter riddle riggs riley rinaldi rios "
    "riva rivas rivera rivers rizzi rizzo roach robbins robert roberts robertson robin robinson robles rocha roche "
    "rodrigues rodriguez rodríguez roe roger rogers rojas rolland roman romano romero román rosa rosales rosario "
    "rose rosen rosenberg ross rossetti rossi roth rousseau roussel roux rowe rowland roy rubio ruggiero ruiz rush "
    "russell russo rusu rutkowski rutledge ryan rácz ríos růžička saarinen sahin saito sakamoto sala salas "
    "salazar salinas salminen salo salonen sampson samuelsson sanchez sandberg sanders sandoval sanna santana "
    "santiago santoro santos sanz sargent sartori sasaki sato sauer savage savolainen sawyer saxena schaefer schmid "
    "schmidt schmitt schmitz schneider scholz schouten schreiber schroeder schröder schubert schultz schulz schulze "
    "schumacher schuster schwartz schwarz schäfer scott sears sedláček seidel semenov sen seo serra serrano sethi "
    "sexton shaffer shah shannon sharma sharp sharpe shaw sheikh shelton shepard shepherd sheppard sherman "
    "shevchenko shevchuk shields shimizu shin short sidorov sikora silva silvestri simmons simon simpson sims "
    "simões singh sjöberg skinner slater sloan small smirnov smirnova smit smith smits snow snyder soares sokolov "
    "solberg soler solis solomon sommer song sorrentino soto sousa souza sparks spears spencer srinivasan srivastava "
    "stafford stan stanković stanley stanton stark steele stein steiner stepanov stephens stephenson stevens "
    "stevenson stewart stoica stojanović stokes stone stout strand strickland strong stuart stępień suarez "
    "subramanian sullivan summers sun sutton suzuki suárez svendsen svensson svoboda svobodová swanson sweeney "
    "sweet szabó szewczyk szilágyi szymańska szymański sáez sánchez söderberg sørensen takahashi takács "
    "talley tan tanaka tang tanner tate tavares taylor teixeira teo terrell terry testa thakur thomas thompson "
    "thomsen thornton tiwari tkachenko todd tomaszewski torres townsend tran travis trevino trivedi trujillo tsai "
    "tucker tuominen turner turunen tyler tóth török underwood urban valdez valencia valentine valentini "
    "valenzuela vance vandenberg vandermeer vandijk vang vanleeuwen vanwyk vaněk varga vargas vasiliev vasilyev "
    "vasquez vaughan vaughn vega velasco velasquez velazquez velez verhoeven verma vermeulen veselá veselý vicente "
    "vidal vieira villa villanueva villarreal vincent vinson virtanen visser vitale vitali vogel vogt voigt volkov "
    "vos vries vu vuković vásquez vázquez wade wagner walczak walker wallace wallin wallner walls walsh walter "
    "walters walton wang wanjiku ward ware warner warren washington watanabe waters watkins watson watts weaver webb "
    "weber webster weeks weiss weiß welch wells werner west wheeler whitaker white whitehead whitfield whitley "
    "whitney wieczorek wiggins wikström wilcox wilder wiley wilkerson wilkins wilkinson willems william williams "
    "williamson willis wilson wimmer winkler winter winters wise witkowski witt wiśniewska wiśniewski "
    "wojciechowski wolf wolfe wolff wong wood woods wooten workman wouters woźniak wright wróbel wróblewski wu "
    "wyatt wynn wójcik xiao xie xu yadav yamada yamaguchi yamamoto yamashita yang yates yeh yilmaz yoon york "
    "yoshida young yuan yıldırım yıldız yılmaz zając zakharov zalewski zamora zeman zhang zhao zheng zhou zhu "
    "ziegler zielińska zieliński zimmerman zimmermann zulu álvarez çelik çetin özdemir özkan öztürk "
    "čermák černá černý đorđević şahin şimşek ";

/* What stands with a capital letter where it is no name: in titles, forms, programs and at the start of sentences. */
static const char ordinary_words[] =
    " a abc about above abstract academy access account across action active actor actual add additional address "
    "admin administration admins adobe advanced africa african after against age agency agent agreement airlines "
    "airport album alert algorithm alias all alley allow allowed along alpha also although always am amazon america "
    "american americas among amount amsterdam an analysis analytics and android angeles animal announcement annual "
    "anonymous another answer antonio any anywhere apache apartment api app apple application apply april arabic "
    "architecture archive are area argument army around array arrival art article as asia asian ask asset assistant "
    "association at attention attribute audio august australia australian author authority authors auto available "
    "avec avenida avenue avoid award background backup balance band bank bar base based basic battle bay baz be "
    "beach because become been before begin behind being believe below bereits berlin best beta between beyond bill "
    "billing birth bit bitte blank block blog board body bold bonus book boolean border born boston both bottom "
    "boulevard box branch brazil bridge bring british browser bug build building bureau bus business but button by "
    "byte cable cache cafe calculus calendar california call calle called camera camp campaign campus can canada "
    "canadian cancel cannot canyon capital car card care carolina castle category cathedral cause cell center "
    "central centre century certificate chain chair championship change changed channel chapel chapter char "
    "character charge charges chart chat check chicago chief child china chinese choice choose chrome church circle "
    "cisco citizen city claim class classic clear click client clinic close cloud club cluster coach coast code "
    "coefficient coffee colleagues collection collector college color column come command comment commission commit "
    "committee common commons community companies company compare complete compliance component compound computer "
    "concert condition conference confidential config configuration confirm congress connection consent consider "
    "constant constitution consultant consulting contact container contains content context continue contract "
    "control convention convert copy copyright core corner corp corporation corso cost could council counter country "
    "county course court cove cover create created credit creek crew criteria criterion critical cross csv culture "
    "cup currency current curve custom customer cycle daily dakota dallas dam danger dark das dashboard data "
    "database date day days deadline dear debian debit debug december decide decimal decision default defence "
    "defense define defined definition delete deleted delivery demo department depends deployment der des describe "
    "description design desk desktop despite destination detail details detector developer development device "
    "diagnosis dictionary did die diego different digital direct director directory disabled discount discovery "
    "disease disk display distribution district do doc docker doctor document documentation does doing domain done "
    "double download dr draft drive driver drug du dummy during dutch dynamic each east eastern economy edit edition "
    "editor education effect ein eine either election electric electronics element else email employee employer "
    "empty enable end energy engine engineer engineering england english ensure enter enterprise entity entry "
    "environment equation era error essay estate ethernet europe european evaluation even event every everybody "
    "everyone example exception exchange executive exit expect expected experience expert expiration expires export "
    "express extended extension extra face facebook factor factory faculty failed failure fair falls false family "
    "fan farm fashion father fax feature february federal federation fee female festival fetch few field figure file "
    "files fill film filter final finance financial find fire firefox first fix fixed fixme flag flat fleet flight "
    "float floor florida folder folks follow following font foo food football footer for force forest form format "
    "formatted forum found foundation founder fraction frame framework france francisco free french fresh friday "
    "friend friends from front frontend full function fund für gallery game games garden gardens gas gate gateway "
    "gender general generate generated genre german germany get github given glacier global gmbh go gold golf good "
    "goods google government grade graph graphics great greek green grid ground group grove guard guest guide gulf "
    "had hall hamburg hampshire hand handler happen harbor harbour hard hardware has hash have having he head header "
    "headquarters health heart heat hebrew heights hello help hence her here heritage hero hey hi hidden high "
    "highlight highway hill hills him his history holding holdings holds holiday home hong hook horizontal hospital "
    "host hotel hour house houston how however html http https human i icon id identifier identity if ignore image "
    "import in inbox inc include includes including income increase index india indian indicates indicator "
    "industries industry info information initial inner input insert inside installation instance institute "
    "institution instruction insurance int integer intel interest interface internal international internet "
    "interview into intro introduction invalid inventory investment invoice ipsum ireland is island islands issue it "
    "italian italy item items january japan japanese java javascript jersey job joint journal json july junction "
    "june just justice keep keine kernel key kind kingdom kitchen knowledge known kong korea kubernetes la laan lab "
    "label laboratory lake land lang language large last latest latin launch law layer le lead leader league "
    "learning leave left legal legend lemma length leone les less lesson let letter level library licence license "
    "life like limited line link linux list listed lists llc llp load local location lock log logic login logistics "
    "logo london long looks lookup loop lorem love low lower ltd luxury machine madam made madrid magazine magic "
    "mail main maintenance major make makes male man management manager manual manufacturing many map march mark "
    "market marketing martial master match matches matching material matrix maximum may me mean means measure "
    "mechanism media medical meeting melbourne member members memorial memory menu message metal method metric "
    "mexico microsoft middle middleware might migration military mine minimum minister ministry minor miss missing "
    "mission mit mix mobile mode model modern modified module monastery monday money monitor monkey month monthly "
    "montreal monument more moreover morning moscow most mother motor mount mountain mountains move movement movie "
    "mozilla mr mrs ms much multi multiple munich museum music must mutual my mysql myth name names nan nation "
    "national navigation navigator navy near need needs negative neighborhood neither network neural never new news "
    "next nginx nicht night nil no node none nor normal north northern not note notes nothing notice novel november "
    "now null number nurse nvidia object objective obtain occupation occurs october oder of off offer office officer "
    "official offset often ohne oil ok old on one online only open opened operating operation operations operator "
    "opinion option optional options or oracle orchestra order organization original orleans orthodox other ought "
    "our ours out outer output over overview owner oxford pacific package page pair palace panel paper paragraph "
    "parameter parent paris park parliament parse parsed part partner partners party paseo passage passed passenger "
    "passport password patch path patient pattern pause pay payment peace peak pending pension people per percent "
    "performance perhaps period perl permission person personal pharmacy phase phone photo physical physics piazza "
    "pick picture pipeline pixel place placeholder plain plan planet plant platform platz play player plaza plc "
    "please plein plugin po point police policy political polytechnic pool population port portal portuguese "
    "position positive possible post postgres potential pour power practice praça prefer premier premium "
    "preparation prepared present presentation president press preview previous price primary prime principal print "
    "printer priority prison private prize problem process processing processor produce product production prof "
    "professional profile profit program programme programming progress project promotion proof properties property "
    "protocol prototype provide provider province proxy public publisher publishing purchase purpose put python "
    "quality quantum quarter quarterly query question queue quick qux radio railroad railway railways ran random "
    "range rate ratio raw reaction read reader reads ready real reason receipt recipe recommended record records "
    "recovery red reduction refer reference refers refund regards region register registration regular regulation "
    "relation relative release religion remarks remember remote remove render repair replace reply report reporter "
    "repository republic request requested required requirement requirements requires research reservation reserve "
    "reset residence resolution resort resource resources response restaurant restore result results resume retail "
    "return returned returns revenue review revision right river road robot role rome room root rough route routine "
    "row royal rua ruby rue rule rules run russia russian safety saint salary sale sales salon same sample san sans "
    "santa santo saturday save saved says scale scan scene schedule schema scheme scholarship school science "
    "sciences scope score scotland screen script sea search season second secondary secret section sector security "
    "see seems select selected senate senator send sent september sequence serial series server service services "
    "session set sets settings several shadow shall share she sheet shell ship shipping shop shot should show shown "
    "shows side sie sign signal signature silver similar simple simulation since sincerely singer single sir site "
    "size skill skip sleep slide small smart so social society software solar soldier solid solution solutions "
    "sometimes song sound source south southern space spain spanish speaker special specialist specific specified "
    "specify speed split sport sports spring sql sqlite square stadium staff stage stand standard star start starts "
    "state statement states station statistics status step still stock stone stop storage store stored story straat "
    "strasse strategy straße stream street string strong structure student studies studio studios study style "
    "subject submission subscription success such suite sum summary summit sunday super supervisor supply support "
    "surgeon surgery surveillance survey switch sydney symbol syndrome system systems table tag take taken tall "
    "target task tax taxi teacher team technical technologies technology telephone television tell temperature "
    "template temple tender tennis term terminal terms territory test testing texas text than thanks the theater "
    "theatre their theirs them theme then theorem theory there therefore these they thing think this though thread "
    "three through thursday thus ticket tiger time title to today todo together token tokyo tomorrow too tool tools "
    "top topic toronto total touch tour tourism toward tower town toy track tracking trade trading traffic trail "
    "train training transaction transfer transform translation transport transportation travel treasurer treasury "
    "treatment treaty tree trends trial tribune trigger trim triple truck true trust try tuesday tunnel turn turns "
    "tutorial type typical ubuntu und undefined under une union unit united universal universidad university "
    "università universität unix unknown unless until update upload upon upper urban url us usage usb use used "
    "useful user user's users uses using usually util valid validation valley value valued values vancouver varchar "
    "variable variant various vector vehicle vendor venture verb verification version vertical very via viale vice "
    "victim victory video vienna view village virginia virtual virus visit visual vital voice volume volunteer von "
    "wales wall wallet wants war warehouse warning was washington water way we weather web website wedding wednesday "
    "week weekly weg welcome were west western what whatever when whenever where wherever whether which while white "
    "who whom whose why wide widget width wild will wind window windows wine winner winter wird wire wireless with "
    "within without woman women wood word words work worker workshop world would write wrote x xml xyz y yaml year "
    "years yellow yes yet york you your yours z zealand zero zip zone zoo zoom ";

/* Where the word that holds the byte begins. */
static size_t word_start(const char *words, size_t at)
{
    while (words[at - 1] != ' ')
        at--;
    return at;
}

bool sorted_words_have(const char *words, size_t len, const char *word)
{
    size_t low = 1, high = len, wanted = strlen(word);

    while (low < high) {
        size_t start = word_start(words, low + (high - low) / 2);
        size_t found = strcspn(words + start, " ");
        int order = memcmp(words + start, word, MIN(found, wanted));
        if (order == 0 && found == wanted)
            return true;
        if (order < 0 || (order == 0 && found < wanted))
            low = start + found + 1;
        else
            high = start;
    }
    return false;
}

/* FNV-1a, up to a space or the end. */
static uint32_t word_hash(const char *word)
{
    uint32_t hash = 2166136261U;

    for (; *word != ' ' && *word != '\0'; word++)
        hash = (hash ^ (uint8_t)*word) * 16777619U;
    return hash ^ hash >> 15;
}

static void word_list_hash(WordList *list)
{
    uint32_t count = 0;

    for (const char *c = list->words; *c != '\0'; c++)
        count += *c == ' ' ? 1 : 0;
    list->mask = 1;
    while (list->mask < 2 * count)
        list->mask = 2 * list->mask + 1;
    list->slots = g_new0(uint32_t, (gsize)list->mask + 1);
    for (const char *c = list->words; *c != '\0'; c++) {
        if (*c != ' ' || c[1] == '\0')
            continue;
        uint32_t slot = word_hash(c + 1) & list->mask;
        while (list->slots[slot] != 0)
            slot = (slot + 1) & list->mask;
        list->slots[slot] = (uint32_t)(c + 1 - list->words);
    }
}

bool word_list_has(WordList *list, const char *word)
{
    size_t len = strlen(word);

    if (g_once_init_enter(&list->is_hashed)) {
        word_list_hash(list);
        g_once_init_leave(&list->is_hashed, 1);
    }
    for (uint32_t slot = word_hash(word) & list->mask; list->slots[slot] != 0; slot = (slot + 1) & list->mask) {
        const char *known = list->words + list->slots[slot];
        if (strncmp(known, word, len) == 0 && known[len] == ' ')
            return true;
    }
    return false;
}

bool given_name_is_ambiguous(const char *word)
{
    static WordList list = {.words = ambiguous_names};

    return word_list_has(&list, word);
}

bool surname_is_known(const char *word)
{
    static WordList list = {.words = surnames};

    return word_list_has(&list, word);
}

bool word_is_ordinary(const char *word)
{
    static WordList list = {.words = ordinary_words};

    return word_list_has(&list, word);
}
