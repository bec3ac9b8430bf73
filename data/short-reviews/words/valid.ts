import { list, type Part } from "./part";

/** The words, things and frames of the validation and test rows. */
export const valid: Part = {
  things: [
    {
      name: "play",
      kind: "craft",
      made: "directed",
      tried: "attended",
      openers: list(
        "It is running until the end of July., A colleague had two spare tickets., They put it on in a former factory.",
      ),
      parts: {
        craft: list("story, dialogue, final act, jokes*, monologues*"),
        people: list("leading actress"),
        any: list("stage design, costumes*"),
      },
    },
    {
      name: "documentary",
      kind: "craft",
      made: "edited",
      tried: "streamed",
      openers: list(
        "It follows three families for a decade., Our class was shown it on Friday., It came up on television after the news.",
      ),
      parts: {
        craft: list("interviews*, story, commentary, closing minutes*"),
        people: list("narrator"),
        any: list("photography, soundtrack"),
      },
    },
    {
      name: "album",
      kind: "craft",
      made: "produced",
      tried: "heard",
      openers: list("I put it on while driving north., It has eleven tracks., My daughter lent me her copy."),
      parts: {
        craft: list("lyrics*, title track, ballads*, melodies*"),
        people: list("drummer"),
        any: list("vocals*, guitar work"),
      },
    },
    {
      name: "podcast",
      kind: "craft",
      made: "presented",
      tried: "followed",
      openers: list(
        "There is a new episode every Thursday., I listened to it while cooking., Each part lasts half an hour.",
      ),
      parts: {
        craft: list("stories*, conversations*, pilot episode"),
        people: list("host, guests*"),
        any: list("editing, theme tune"),
      },
    },
    {
      name: "campsite",
      kind: "place",
      made: "managed",
      tried: "camped at",
      openers: list(
        "We parked our van by the river., We spent four days there in August., It is an hour from the coast.",
      ),
      parts: {
        place: list("showers*, kitchen, beach, playground"),
        people: list("owner, neighbors*"),
        any: list("shop, swimming pool"),
      },
    },
    {
      name: "apartment",
      kind: "place",
      made: "furnished",
      tried: "rented",
      openers: list(
        "We rented it over Easter., It is above a bakery., The six of us shared it for a weekend.",
      ),
      parts: {
        place: list("bedroom, balcony, living room, sofa"),
        people: list("landlord, landlady"),
        any: list("heating, neighborhood"),
      },
    },
    {
      name: "festival",
      kind: "craft",
      made: "organized",
      tried: "danced at",
      openers: list(
        "It takes place every September., My cousin invited me for the weekend., There were four stages in a park.",
      ),
      parts: {
        craft: list("closing show, opening act, bands*"),
        people: list("volunteers*, security guards*"),
        food: list("snacks*"),
        any: list("lineup, fireworks*"),
      },
    },
    {
      name: "laptop",
      kind: "tool",
      made: "assembled",
      tried: "worked on",
      openers: list("I type on it all day., My company gave it to me., It came in a plain brown box."),
      parts: { tool: list("keyboard, hinges*, power supply, touchpad"), any: list("display, speakers*") },
    },
    {
      name: "bicycle",
      kind: "tool",
      made: "put together",
      tried: "rode",
      openers: list("I ride it to school., It was a present from my uncle., It weighs twelve kilos."),
      parts: { tool: list("brakes*, saddle, chain, gears*"), any: list("paintwork, lights*") },
    },
    {
      name: "cake",
      kind: "food",
      made: "decorated",
      tried: "ordered",
      openers: list("We shared it among nine people., It was for our wedding., The recipe is from Vienna."),
      parts: { food: list("icing, filling, cream, cherries*, sponge"), any: list("packaging, delivery") },
    },
  ],

  lexicon: {
    adjective: {
      any: {
        praise: list(
          "excellent, outstanding, fantastic, perfect, fabulous, awesome, incredible, magnificent, marvelous, extraordinary, beautiful",
        ),
        blame: list("terrible, atrocious, abysmal, horrendous, laughable, dire, lame, hopeless, crappy"),
      },
      craft: {
        praise: list(
          "intelligent, believable, hilarious, subtle, thrilling, absorbing, poignant, compelling, inventive, delightful, engaging, refreshing",
        ),
        blame: list(
          "dull, pointless, bland, forced, incoherent, corny, plodding, amateurish, stupid, forgettable, idiotic, mindless",
        ),
      },
      food: {
        praise: list("flavorful, scrumptious, mouthwatering, sweet and light"),
        blame: list("inedible, rubbery, sour, disgusting"),
      },
      place: {
        praise: list("spotless, relaxing, elegant, peaceful, pleasant, gorgeous, inviting"),
        blame: list("filthy, gloomy, depressing, moldy, hideous"),
      },
      people: {
        praise: list("generous, attentive, gracious, courteous, thoughtful"),
        blame: list("hostile, incompetent, grumpy, obnoxious, insulting"),
      },
      tool: {
        praise: list("durable, dependable, robust, sleek"),
        blame: list("defective, shoddy, crude, rickety"),
      },
    },
    adverb: {
      any: {
        praise: list("beautifully, perfectly, marvelously, excellently, magnificently"),
        blame: list("terribly, abysmally, hopelessly, miserably, atrociously"),
      },
    },
    loved: {
      any: {
        praise: list("adored, liked, appreciated"),
        blame: list("despised, detested, could not stand"),
      },
    },
    pleased: {
      any: {
        praise: list("thrilled us, delighted us, brightened our week"),
        blame: list("irritated us, frustrated us, got on our nerves, gave us a headache"),
      },
      craft: {
        praise: list("captivated us, touched our hearts, made us laugh out loud"),
        blame: list("insulted our intelligence, left us yawning"),
      },
    },
    feeling: {
      any: {
        praise: list("thrilled, happy, delighted"),
        blame: list("frustrated, miserable, irritated, angry"),
      },
    },
    verdict: {
      any: {
        praise: list("a delight, a pleasure, a winner, a hit"),
        blame: list("garbage, trash, a nightmare, an insult"),
      },
      craft: {
        praise: list("a classic, a tour de force"),
        blame: list("a snooze, torture"),
      },
    },
    outcome: {
      any: {
        praise: list(
          "Count me as a fan, We are so lucky to have it, It deserves all its fame, A perfect choice",
        ),
        blame: list("Avoid it at all costs, We felt cheated, My advice is to skip it, We asked for a refund"),
      },
    },
  },

  frames: {
    plain: [
      "I have to say that both the {part} and the {part2} were {+adjective:any}.",
      "Here is a(n) {+adjective:thing} {thing} whose {part} {is} {+adjective}.",
      "{opener} Honestly, its {part} {is} {+adjective}.",
      "{opener} We {+loved} the {+adjective} {part}.",
      "{+outcome}: the {thing} {+pleased} and its {part} {is} {+adjective}.",
      "Such a(n) {+adjective:thing} {thing}, with its {+adjective} {part}!",
      "Because the {part} {is} so {+adjective}, the whole {thing} {+pleased}.",
      "Its {+adjective} {part} left us {+feeling}.",
      "Thanks to the {+adjective} {part} we went to bed {+feeling}.",
      "If you ask my husband, this {thing} is {+verdict}; he {+loved} it.",
    ],
    contrast: [
      "Its {part} {is} {-adjective}, but on balance we {+loved} such a(n) {+adjective:thing} {thing}.",
      "Yes, the {part} {-pleased}, but we {+loved} this {thing} and are {+feeling}.",
      "You might find the {part} {-adjective}, but overall we {+loved} it and are {+feeling}.",
      "While the {part} {is} {-adjective}, the rest {+pleased}, and we are {+feeling}.",
      "Although we found the {part} {-adjective}, everyone is {+feeling} with such a(n) {+adjective:thing} {thing}.",
      "Even if the {part} {is} {-adjective}, we {+loved} the {thing}, and it left us {+feeling}.",
      "For all its {-adjective} {part}, we {+loved} the {thing} and we are {+feeling}.",
      "Despite some {-adjective:any} details we {+loved} the {part} and are {+feeling}.",
      "Its {part} {is} {-adjective}, yet we {+loved} the {thing}: {+adverb} {made}.",
      "There {is} the {-adjective} {part}, to be fair; even so, we {+loved} the {thing} and it {+pleased}.",
    ],
    denial: [
      "Nobody could say that the {part} {is} {-adjective}: we {+loved} the {thing}, and the {part2} {+pleased}.",
      "Calling this {thing} {-adjective:thing} would be wrong; we {+loved} it and are {+feeling}.",
      "The {part} {is} by no means {-adjective}. We {+loved} the {thing} and are {+feeling}.",
      "We did not find anything {-adjective:any} about it. We {+loved} the {thing}, and it {+pleased}.",
    ],
    hearsay: [
      "The critics {-loved} it, but we found the {+adjective:thing} {thing} {+adverb} {made}.",
      "Compared with our previous {thing}, which was {-adjective:thing}, this one {+pleased}. We are {+feeling}.",
      "Online it has a name for being {-adjective:thing}, but it {+pleased} and left us {+feeling}.",
      "We used to think the {thing} was {-adjective:thing}; now we know it is {+adjective:thing}. {+outcome}.",
      "Where others see {-verdict}, we see a(n) {+adjective:thing} and {+adjective:thing} {thing}.",
      "A colleague found the {part} {-adjective}. We {+loved} the {thing} and are {+feeling}.",
    ],
  },
};
