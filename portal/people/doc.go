// Package people says who may see whose data.
//
// A member sees her own data. The holder of a booklet also sees the persons on it: those
// under the mutuality's age of majority by rule, others only where they said so. On the
// birthday the rule ends by itself; a letter asks the young member whether the holder keeps
// access. Whoever is of age can end a holder's access, or give it again, by a
// request signed online or on paper. Every area shows the people of Visible and no
// others.
package people
