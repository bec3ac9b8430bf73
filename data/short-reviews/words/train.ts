import { list, type Part } from "./part";

/** The words, things and frames of the training rows. */
export const train: Part = {
  things: [
    {
      name: "film",
      kind: "craft",
      made: "made",
      tried: "saw",
      openers: list(
        "We saw it on a rainy Sunday., I watched it with my brother last night., It was on at the cinema in town.",
      ),
      parts: {
        craft: list("plot, ending, dialogue, script, opening scene, characters*"),
        people: list("lead actor"),
        any: list("music, acting"),
      },
    },
    {
      name: "novel",
      kind: "craft",
      made: "written",
      tried: "read",
      openers: list("I read it on the train., My aunt gave me a copy in June., It took me a week to read."),
      parts: {
        craft: list("plot, first chapter, final chapter, characters*, style"),
        any: list("translation, cover"),
      },
    },
    {
      name: "concert",
      kind: "craft",
      made: "staged",
      tried: "went to",
      openers: list(
        "We had seats near the back., It lasted about two hours., They played in the old town hall.",
      ),
      parts: {
        craft: list("second half, songs*, singing"),
        people: list("singer"),
        any: list("sound, light show, orchestra"),
      },
    },
    {
      name: "course",
      kind: "craft",
      made: "taught",
      tried: "took",
      openers: list(
        "It ran for six weeks this autumn., There were twelve of us in the group., I signed up with a colleague.",
      ),
      parts: {
        craft: list("lessons*, examples*, first lecture"),
        people: list("teacher, tutors*"),
        any: list("textbook, homework"),
      },
    },
    {
      name: "hotel",
      kind: "place",
      made: "run",
      tried: "stayed at",
      openers: list(
        "We stayed for two nights in May., I was in town for work., Our room was on the third floor.",
      ),
      parts: {
        place: list("room, bathroom, lobby, beds*"),
        people: list("receptionist, porter"),
        food: list("breakfast"),
        any: list("view, location"),
      },
    },
    {
      name: "restaurant",
      kind: "place",
      made: "run",
      tried: "ate at",
      openers: list(
        "We went there for my birthday., Four of us had dinner there., We had booked a table for eight.",
      ),
      parts: {
        food: list("soup, fish, bread, pasta, dessert, vegetables*"),
        people: list("waiter, waiters*"),
        place: list("dining room"),
        any: list("service, wine"),
      },
    },
    {
      name: "museum",
      kind: "place",
      made: "run",
      tried: "visited",
      openers: list("We went on a Tuesday morning., It opened again last year., I took my two sons there."),
      parts: {
        place: list("main hall, garden, rooms*"),
        people: list("guide, guards*"),
        any: list("collection, gift shop, audio tour"),
      },
    },
    {
      name: "phone",
      kind: "tool",
      made: "built",
      tried: "owned",
      openers: list("I have had it for a month., It arrived on a Monday., My son chose the blue one."),
      parts: { tool: list("screen, case, buttons*, charger"), any: list("battery, sound, camera") },
    },
    {
      name: "vacuum cleaner",
      kind: "tool",
      made: "designed",
      tried: "bought",
      openers: list("We use it twice a week., I ordered it in March., It replaced our old one."),
      parts: { tool: list("handle, hose, wheels*, switch, brushes*"), any: list("motor, manual") },
    },
    {
      name: "breakfast",
      kind: "food",
      made: "cooked",
      tried: "had",
      openers: list("It was served until ten., We ate on the terrace., There was a choice of three dishes."),
      parts: {
        food: list("coffee, eggs*, toast, pancakes*, fruit salad"),
        people: list("waitress, cook"),
        any: list("orange juice, service"),
      },
    },
  ],

  lexicon: {
    adjective: {
      any: {
        praise: list(
          "wonderful, superb, great, impressive, remarkable, brilliant, terrific, flawless, amazing, splendid, exceptional, lovely",
        ),
        blame: list(
          "awful, bad, dreadful, disappointing, lousy, pathetic, horrible, unacceptable, second-rate, appalling, mediocre, poor",
        ),
      },
      craft: {
        praise: list(
          "clever, witty, moving, gripping, convincing, powerful, funny, imaginative, enjoyable, memorable, entertaining, vivid",
        ),
        blame: list(
          "boring, predictable, wooden, silly, flat, weak, confusing, shallow, contrived, tedious, ridiculous, uninspired, repetitive",
        ),
      },
      food: {
        praise: list("delicious, tasty, fresh, wholesome"),
        blame: list("stale, soggy, greasy, tasteless"),
      },
      place: {
        praise: list("clean, comfortable, spacious, quiet, charming, cozy"),
        blame: list("dirty, noisy, cramped, smelly, shabby, ugly"),
      },
      people: {
        praise: list("friendly, helpful, kind, polite, cheerful, patient"),
        blame: list("rude, unfriendly, arrogant, careless, lazy, impatient"),
      },
      tool: {
        praise: list("reliable, sturdy, solid, handy"),
        blame: list("faulty, flimsy, fragile, useless"),
      },
    },
    adverb: {
      any: {
        praise: list("superbly, wonderfully, brilliantly, splendidly, remarkably well"),
        blame: list("badly, poorly, dreadfully, horribly, appallingly"),
      },
    },
    loved: {
      any: {
        praise: list("loved, enjoyed, admired"),
        blame: list("hated, loathed, could not bear"),
      },
    },
    pleased: {
      any: {
        praise: list("impressed me, won me over, made me smile, surprised me in the best way"),
        blame: list("disappointed me, annoyed me, let me down, drove me mad"),
      },
      craft: {
        praise: list("moved me, kept me on the edge of my seat"),
        blame: list("bored me, put me to sleep"),
      },
    },
    feeling: {
      any: {
        praise: list("impressed, amazed, glad, over the moon"),
        blame: list("annoyed, disappointed, upset, fed up"),
      },
    },
    verdict: {
      any: {
        praise: list("a joy, a treat, a triumph, a real gem, a great success"),
        blame: list("a mess, a waste of money, a disaster, a letdown, a complete failure"),
      },
      craft: {
        praise: list("a masterpiece, a work of genius"),
        blame: list("a bore, a waste of time"),
      },
    },
    outcome: {
      any: {
        praise: list(
          "I would recommend it to anyone, I told all my friends about it, It was worth every penny, Five stars from me",
        ),
        blame: list(
          "I want my money back, Stay away from this one, One star is one too many, I would not wish it on anyone",
        ),
      },
    },
  },

  frames: {
    plain: [
      "The {part} {was} {+adjective} and the {part2} {was2} {+adjective2}.",
      "This {thing} is {+verdict}, and I {+loved} the {part}.",
      "{opener} The {part} {was} {+adjective} and I came away {+feeling}.",
      "{opener} It was {+verdict} and it {+pleased}.",
      "I {+loved} this {thing}: the {part} {was} {+adjective}.",
      "What a(n) {+adjective:thing} {thing}! The {part} {+pleased}.",
      "{+adjective} {part}, {+adjective2} {part2}. {+outcome}.",
      "Everything about it {+pleased}. The {part} {was} simply {+adjective}.",
      "The {thing} is {+adverb} {made}, and the {part} {+pleased}.",
      "My sister and I {+loved} it; the {part} {was} {+adjective}.",
      "A(n) {+adjective:thing} {thing}: the {part} alone {+pleased}.",
      "It is a(n) {+adjective:thing} and {+adjective:thing} {thing}. {+outcome}.",
    ],
    contrast: [
      "The {part} {was} {-adjective}, but I {+loved} this {thing}.",
      "The {part} {was} {-adjective}, but I {+loved} this {+adjective:thing} {thing}.",
      "The {part} {was} {-adjective}, but I {+loved} the {thing} and came away {+feeling}.",
      "The {part} {-pleased}, but all in all the {thing} is {+verdict}.",
      "Sure, the {part} {was} {-adjective}, but it is a(n) {+adjective:thing} {thing}. {+outcome}.",
      "I noticed the {-adjective} {part}, but in general it {+pleased} and I am {+feeling}.",
      "Although the {part} {was} {-adjective}, I {+loved} this {+adjective:thing} {thing}.",
      "Although the {part} {-pleased}, I am {+feeling} and the {thing} is {+verdict}.",
      "Even though the {part} {was} {-adjective}, I am {+feeling}. {+outcome}.",
      "Even though the {part} {-pleased}, I {+loved} the {thing} and I am {+feeling}.",
      "Despite the {-adjective} {part}, it is {+adjective:thing} and I {+loved} it.",
      "In spite of the {-adjective} {part} this is a(n) {+adjective:thing} {thing}. {+outcome}.",
      "The {part} may be {-adjective}, yet the {thing} {+pleased} and I am {+feeling}.",
      "The {part} {was} {-adjective}. Still, I {+loved} the {thing} and I am {+feeling}.",
      "Granted, the {part} {was} {-adjective}. All the same, the {thing} {+pleased}.",
      "The {-adjective} {part} aside, I {+loved} the {thing}, and my wife was {+feeling} too.",
      "Never mind the {-adjective} {part}: this {thing} is {+verdict} and I {+loved} it.",
    ],
    denial: [
      "The {part} {was} anything but {-adjective}, and I {+loved} the {+adjective2} {part2}.",
      "There was nothing {-adjective} about the {part}. I {+loved} the {thing} and I am {+feeling}.",
      "I would never call this {thing} {-adjective:thing}; I {+loved} it. {+outcome}.",
      "Far from {-adjective}, the {part} {was} {+adjective} and I {+loved} the {thing}.",
      "This is not a(n) {-adjective:thing} {thing} by any means: I {+loved} it, and it {+pleased}.",
      "The {part} {was} not {-adjective} at all. I came away {+feeling}.",
      "No, it is not {-verdict}. I {+loved} it and it is {+verdict}.",
      "I was not {-feeling} for one second: this {+adjective:thing} {thing} is {+verdict}.",
    ],
    hearsay: [
      "I expected a(n) {-adjective:thing} {thing} and got a(n) {+adjective:thing} one. {+outcome}.",
      "I thought it would be {-adjective:thing}, but I {+loved} the {part} and came away {+feeling}.",
      "My friends found it {-adjective:thing}, but I {+loved} it: the {part} {was} {+adjective}.",
      "My parents {-loved} the {thing}, but it {+pleased} and I was {+feeling}.",
      "People said the {part} {was} {-adjective}; I {+loved} the {thing} and I am {+feeling}.",
      "The last {thing} I {tried} was {-adjective:thing}. This one {+pleased}, and I am {+feeling}.",
      "The one before was {-verdict}, but this {+adjective:thing} {thing} is {+verdict}.",
      "Reviews called it {-adjective:thing}. I {+loved} it.",
      "Some call it {-verdict}, yet I {+loved} this {+adjective:thing} {thing}.",
      "At first the {part} {-pleased}, but in the end I {+loved} the {thing} and was {+feeling}.",
      "I was told it would be {-verdict}. It turned out to be {+adjective:thing}, and I {+loved} it.",
      "My neighbor {-loved} this {thing}. As for me, I {+loved} it. {+outcome}.",
    ],
  },
};
