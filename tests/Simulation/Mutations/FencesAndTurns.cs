namespace CoKe.Simulation.Mutations;

/// <summary>Rules 3 and 4: fences, turns.</summary>
static class FencesAndTurns
{
    const string Fence = "src/Grains/Protocol/Fence.cs";
    const string Block = "src/Grains/Clusters/ClusterBlock.cs";
    const string Cluster = "src/Grains/Clusters/Cluster.cs";
    const string Turns = "src/Grains/Clusters/ClusterTurns.cs";

    public static IReadOnlyList<Mutation> All { get; } =
    [
        new(
            3,
            "a call of a lower incarnation is refused",
            new Edit(
                Fence,
                "if (incarnation != Incarnation) throw new StaleCallException(grain, \"incarnation\", incarnation, "
                    + "Incarnation);\n        if (!_restored)",
                "if (incarnation > Incarnation) throw new StaleCallException(grain, \"incarnation\", incarnation, "
                    + "Incarnation);\n        if (!_restored)"
            )
        ),
        new(
            3,
            "a call of a higher incarnation is refused",
            new Edit(
                Fence,
                "if (incarnation != Incarnation) throw new StaleCallException(grain, \"incarnation\", incarnation, "
                    + "Incarnation);\n        if (!_restored)",
                "if (incarnation < Incarnation) throw new StaleCallException(grain, \"incarnation\", incarnation, "
                    + "Incarnation);\n        if (!_restored)"
            )
        ),
        new(
            3,
            "a restore of a lower incarnation is refused",
            new Edit(
                Fence,
                "if (incarnation < Incarnation) throw new StaleCallException(grain, \"incarnation\", incarnation, Incarnation);",
                ""
            )
        ),
        // Whoever restores looks at the incarnation after it has read, and the fence looks again: one of the two is enough.
        new(
            3,
            "a restore that is overtaken by a higher one does not complete",
            new Edit(
                Fence,
                "if (incarnation != Incarnation) throw new StaleCallException(grain, \"incarnation\", incarnation, "
                    + "Incarnation);\n        (Version, _restored)",
                "(Version, _restored)"
            ),
            new Edit(Fence, "        ThrowIfSuperseded(incarnation);\n        if (!IsRestored", "        if (!IsRestored")
        ),
        new(
            3,
            "another version than the expected one is refused",
            new Edit(
                Fence,
                "if (call.ExpectedVersion != Version) throw new StaleCallException(grain, \"expected version\", call.ExpectedVersion, "
                    + "Version);",
                ""
            )
        ),
        new(
            3,
            "a step that has changed a grain does not change it again",
            new Edit(Fence, "if (call.Step <= Version) throw new StaleCallException(grain, \"step\", call.Step, Version);", "")
        ),
        new(
            3,
            "a grain that has confirmed a restore only confirms again",
            new Edit(Fence, "if (incarnation == Incarnation && _restored) return false;", "")
        )
        {
            FirstSeed = 5_000,
        },
        new(
            3,
            "a block looks at the incarnation again after its clusters answered",
            new Edit(
                Block,
                "await _clusters!.ApplyAsync(call);\n        _fence.CheckIncarnation(call.Fence.Incarnation);",
                "await _clusters!.ApplyAsync(call);"
            )
        ),
        new(
            3,
            "a scorer looks at the incarnation again after its blocks have committed",
            new Edit(
                "src/Grains/Scoring/Scorer.cs",
                "block.CommitAsync(call)));\n        _fence.CheckIncarnation(call.Incarnation);",
                "block.CommitAsync(call)));"
            )
        )
        {
            FirstSeed = 2_000,
        },
        new(
            3,
            "a scorer looks at the incarnation again after its blocks answered",
            new Edit(
                "src/Grains/Scoring/HeadShare.cs",
                "var reply = await pending;\n                checkIncarnation(call.Fence.Incarnation);",
                "var reply = await pending;"
            ),
            new Edit(
                "src/Grains/Scoring/Scorer.cs",
                "CheckIncarnation(call.Fence.Incarnation);\n        share.Advance(call.Fence.Step);\n        if (--step",
                "share.Advance(call.Fence.Step);\n        if (--step"
            )
        ),
        new(
            3,
            "embeddings of another incarnation are not scored",
            new Edit("src/Grains/Scoring/Scorer.cs", "        _steps.Clear();\n", "")
        ),
        new(
            3,
            "embeddings are loaded in the incarnation of their step only",
            new Edit(
                "src/Grains/Scoring/Scorer.cs",
                "_fence.CheckIncarnation(call.Incarnation);\n        if (_shares.Any",
                "if (_shares.Any"
            )
        ),
        new(
            3,
            "embeddings that come again after their step are not kept",
            new Edit(
                "src/Grains/Scoring/Scorer.cs",
                "if (_shares.Any(share => share.Version < call.Step)) _steps.TryAdd(",
                "_steps.TryAdd("
            )
        ),
        new(
            3,
            "the last head that takes a step lets its embeddings go",
            new Edit("src/Grains/Scoring/Scorer.cs", "if (--step.SharesLeft == 0) _steps.Remove(call.Fence.Step);", "step.SharesLeft--;")
        ),
        new(
            3,
            "of one head one call changes something at a time",
            new Edit(
                "src/Grains/Scoring/HeadShare.cs",
                "if (_changing) throw new StaleCallException(_name, \"step\", fence.Step, _fence.Version);",
                ""
            )
        )
        {
            CoveredBy = "a block takes one call after the other, and compares versions and steps (rule 3)",
        },
        new(4, "a cluster that is being deactivated closes itself and refuses turns", new Edit(Cluster, "_closed = true;", "")),
        // Of two instances on one silo the younger, which has taken the other's place in the silo's own directory, does not retire it. Both
        // are restored where a restore reaches both, and then take turns in answering a block that was answered by the older one.
        new(
            4,
            "a block compares the version of every cluster that it copies or reads",
            new Edit(
                "src/Grains/Clusters/BlockClusters.cs",
                "if (version != _versions[k]) throw new StaleCallException(NameOf(k), \"expected version\", _versions[k], version);",
                ""
            )
        ),
        new(4, "an instance that the directory forgot is retired", new Edit(Cluster, "        ReplaceForgotten();\n", ""))
        {
            CoveredBy = "what it answers is of another version than its block expects",
        },
        new(
            4,
            "waits for turns are bounded",
            new Edit(
                Turns,
                "await using var timer = time.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetException(new "
                    + "TimeoutException(\"A cluster's scheduler did not answer.\")), _done, GrainTimes.StuckTurn, "
                    + "Timeout.InfiniteTimeSpan);",
                ""
            )
        ),
        new(
            4,
            "a restore of a block interleaves with whatever is stuck",
            new Edit(
                "src/Abstractions/Contracts/IClusterBlockGrain.cs",
                "[Needs(Right.Cluster), AlwaysInterleave, ResponseTimeout(CallTimeouts.Restore)]\n    Task<BlockRestored?> RestoreAsync",
                "[Needs(Right.Cluster), ResponseTimeout(CallTimeouts.Restore)]\n    Task<BlockRestored?> RestoreAsync"
            )
        )
        {
            CoveredBy = "every wait is bounded, so a restore that queues comes late, not never",
        },
        // Alone this survives: the wait for the turns is bounded, so a lost signal costs time only.
        new(
            4,
            "every turn signals, also when it throws; waits for turns are bounded",
            new Edit(
                Turns,
                "Interlocked.CompareExchange(ref _error, e, null);",
                "Interlocked.CompareExchange(ref _error, e, null);\n            Interlocked.Increment(ref _open);"
            ),
            new Edit(
                Turns,
                "await using var timer = time.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetException(new "
                    + "TimeoutException(\"A cluster's scheduler did not answer.\")), _done, GrainTimes.StuckTurn, "
                    + "Timeout.InfiniteTimeSpan);",
                ""
            )
        ),
    ];
}
