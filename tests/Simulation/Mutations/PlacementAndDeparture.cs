namespace CoKe.Simulation.Mutations;

/// <summary>Rule 10: placement, departure.</summary>
static class PlacementAndDeparture
{
    const string Block = "src/Grains/Clusters/ClusterBlock.cs";
    const string Scorer = "src/Grains/Scoring/Scorer.cs";
    const string Placement = "src/Grains/Placement/RunPlacement.cs";
    const string Moves = "src/Grains/Sequencing/RunMoves.cs";
    const string Shard = "src/Grains/Labels/ImageShard.cs";

    public static IReadOnlyList<Mutation> All { get; } =
    [
        new(
            10,
            "silos that join are followed",
            new Edit("src/Grains/Sequencing/Sequencer.cs", "        _incarnations.Began += live => _moves.WatchAsync(live).Ignore();\n", "")
        ),
        new(
            10,
            "every silo has its even share",
            new Edit(Placement, "(isHeavy[silo] ? here.Reverse() : here).Take(room[silo]).ToArray()", "here.ToArray()")
        ),
        new(
            10,
            "a shard that lives elsewhere leaves for its home",
            new Edit(Shard, "isAway: !call.Stay && _silos.IsAway(_silo, call.Home)", "isAway: false")
        ),
        new(
            10,
            "a block that lives elsewhere leaves for its home",
            new Edit(Block, "isAway: !call.Stay && _world.Silos.IsAway(_silo, call.Home)", "isAway: false")
        ),
        new(
            10,
            "a scorer that lives elsewhere leaves for its home",
            new Edit(Scorer, "isAway: !call.Stay && _world.Silos.IsAway(_silo, call.Home)", "isAway: false")
        ),
        new(
            10,
            "a cluster lives where its block does",
            new Edit(
                "src/Grains/Clusters/BlockClusters.cs",
                "RestoreAtHome.CallAsync(silo, (home, stay) =>",
                "RestoreAtHome.CallAsync(null, (home, stay) =>"
            )
        ),
        new(
            10,
            "what strayed is called home later",
            new Edit(
                Moves,
                "if (isWanted && live.IsHome && HomeOf(present) is null) return false;",
                "if (isWanted && HomeOf(present) is null) return false;"
            )
        ),
        new(
            10,
            "a sequencer that is not where its queue is goes there",
            new Edit(
                Moves,
                "if (isWanted && live.IsHome && HomeOf(present) is null) return false;",
                "if (isWanted && live.IsHome) return false;"
            )
        ),
        new(
            10,
            "a grain that leaves obeys the new incarnation already",
            new Edit(
                "src/Grains/Protocol/Fence.cs",
                "        if (!BeginRestore(incarnation)) return answer();\n        if (isAway)\n        {\n            leave();\n"
                    + "            return null;\n        }\n",
                "        if (!IsRestored(incarnation) && isAway)\n        {\n            leave();\n            return null;\n"
                    + "        }\n\n        if (!BeginRestore(incarnation)) return answer();\n"
            )
        ),
        new(
            10,
            "a scorer whose place no incarnation has any more leaves",
            new Edit(
                "src/Grains/Sequencing/Pipeline.cs",
                "await Task.WhenAll(scoring, restored, RetireAsync(manifest));",
                "await Task.WhenAll(scoring, restored);"
            )
        ),
        new(
            10,
            "a scorer that a later incarnation has does not leave",
            new Edit(
                Scorer,
                "if (incarnation < _fence.Incarnation) throw new StaleCallException(_name, \"incarnation\", incarnation, "
                    + "_fence.Incarnation);",
                ""
            )
        )
        {
            CoveredBy = "a scorer that left is a lost grain: the run recovers, only later",
        },
        new(
            10,
            "a sequencer on a silo that leaves rests before it goes",
            new Edit(Moves, "            if (incarnations.Live is { } last) await last.RestAsync();\n", "")
        )
        {
            CoveredBy = "what was not durable is sent and computed again",
        },
    ];
}
