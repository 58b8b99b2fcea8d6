// Package merge makes the ranges of a generation. A range is the merge of the snapshot before with
// the devices now, both in order of id, in which only stale devices are assessed.
//
// What a generation is made from is its [Pin]: it is fixed when the generation begins and stored with
// it. [Base.Open] opens these inputs, in any process, and a [Worker] makes one range after another from
// them. The package plans ranges, too ([PlanGroup], [Jobs]).
package merge
