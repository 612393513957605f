package seed

import (
	"math/rand/v2"
	"strings"
)

// tongue holds names as they are given where a language is spoken.
type tongue struct {
	women, men, surnames, streets []string
	house                         string // between street and number
}

func words(s string) []string { return strings.Split(s, ",") }

// tongues by language. The people are made up; the names are those of many.
var tongues = map[string]tongue{
	"fr": {
		women:    words("Marie,Camille,Louise,Emma,Léa,Chloé,Manon,Julie,Sarah,Charlotte,Nathalie,Isabelle,Catherine,Anne,Monique,Martine,Christine,Françoise,Jacqueline,Nicole,Amélie,Élise,Inès,Zoé,Juliette,Alice,Lina,Victoria,Margaux,Véronique,Sophie,Valérie,Aurélie,Céline,Fatima,Yasmine,Aya,Samira,Giulia,Rosa"),
		men:      words("Louis,Lucas,Hugo,Arthur,Nathan,Gabriel,Jules,Noah,Thomas,Maxime,Nicolas,Julien,Philippe,Michel,Jean,Pierre,Marc,Luc,Patrick,Daniel,Olivier,Vincent,Sébastien,Benoît,Étienne,Guillaume,Adam,Mohamed,Rayan,Victor,Liam,Théo,Simon,Antoine,Xavier,Frédéric,André,Christian,Giovanni,Mehdi"),
		surnames: words("Dubois,Lambert,Martin,Dupont,Simon,Laurent,Leroy,Denis,Gérard,Lejeune,Renard,Collard,Mathieu,Hubert,Claessens,Fontaine,Marchal,Noël,François,Carlier,Delvaux,Henrard,Deprez,Servais,Thiry,Lemaire,Wauters,Evrard,Bodart,Pirotte,Diallo,El Amrani,Benali,Rossi,Ferrari,Yilmaz,Nguyen,Kowalski,Da Silva,Mbeki"),
		streets:  words("Rue de la Station,Rue du Moulin,Avenue des Tilleuls,Rue Haute,Rue de l'Église,Place Communale,Chaussée de Namur,Rue des Écoles,Rue du Pont,Clos des Cerisiers,Rue Saint-Roch,Avenue Albert Ier,Rue de Campine,Thier des Critchions,Rue du Centre"),
		house:    " ",
	},
	"nl": {
		women:    words("Emma,Louise,Olivia,Elena,Mila,Julie,Lotte,Lien,Sofie,An,Els,Ilse,Greet,Hilde,Rita,Godelieve,Maria,Katrien,Veerle,Nele,Noor,Fien,Hannah,Charlotte,Elise,Anna,Kato,Amber,Lore,Tine,Griet,Lieve,Mieke,Sara,Laura,Leen,Fatma,Amina,Zehra,Marijke"),
		men:      words("Noah,Arthur,Liam,Lucas,Jules,Victor,Finn,Mathis,Jan,Luc,Marc,Peter,Tom,Bart,Wim,Koen,Kris,Dirk,Geert,Johan,Stijn,Pieter,Joris,Wout,Senne,Lars,Robbe,Jef,Karel,Willy,Paul,Guido,Frank,Bram,Thijs,Stan,Emre,Youssef,Milan,Gust"),
		surnames: words("Peeters,Janssens,Maes,Jacobs,Mertens,Willems,Claes,Goossens,Wouters,De Smet,De Clercq,Vermeulen,Van den Broeck,Hermans,Aerts,Michiels,Pauwels,Desmet,Lemmens,Bogaert,Verhoeven,Cools,Smets,Baert,Devos,Segers,Van Damme,Coppens,Verlinden,Thijs,Martens,Yildirim,El Idrissi,Bakkali,Özdemir,Van Hove,Stevens,De Wilde,Lievens,Geerts"),
		streets:  words("Stationsstraat,Kerkstraat,Molenstraat,Dorpsstraat,Nieuwstraat,Schoolstraat,Lindelaan,Kapellestraat,Veldstraat,Beukenlaan,Marktplein,Steenweg,Hoogstraat,Bergstraat,Tuinwijk"),
		house:    " ",
	},
	"de": {
		women:    words("Anna,Lena,Lea,Hannah,Sophie,Maria,Ingrid,Monika,Petra,Elke,Gisela,Ursula,Marlene,Nathalie,Katharina,Johanna,Clara,Mia,Sabine,Karin"),
		men:      words("Leon,Ben,Jonas,Lukas,Felix,Karl,Josef,Werner,Manfred,Günther,Thomas,Andreas,Stefan,Marcel,Ralf,Dieter,Patrick,Elias,Max,Helmut"),
		surnames: words("Schmitz,Müller,Hansen,Schröder,Pauels,Kohnen,Heinen,Theissen,Kirch,Laschet,Radermacher,Zimmermann,Krings,Lennertz,Backes,Johanns,Cremer,Niessen,Schumacher,Weber"),
		streets:  words("Hauptstraße,Klosterstraße,Neustraße,Aachener Straße,Bergstraße,Schulstraße,Am Bach,Malmedyer Straße,Kirchplatz,Gartenweg"),
		house:    " ",
	},
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// one in n.
func one(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }

// likely is true with chance p.
func likely(r *rand.Rand, p float64) bool { return r.Float64() < p }
