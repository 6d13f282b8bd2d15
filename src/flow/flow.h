// flow: where data came from decides where it may go.
//
// A turned agent is stopped here without recognising the attack's words. The room keeps, for one session
// tree, what was read and from where (corpus, leaves), what the user asked for (plan), and how far all of it
// can be trusted (label). Of a call it says where each value of each argument comes from (provenance) and
// what that means for the fields that give the call its power: recipients, addresses, paths, amounts.
//
// It decides nothing. The guard puts what it says into the context of the policies, and into the record.
// Pure: no I/O, no clock, no threads; the same events give the same answers.
#pragma once
