namespace CoKe.Simulation.Mutations;

/// <summary>Rules 1 and 2: one owner, recovery.</summary>
static class OwnerAndRecovery
{
    const string TakeOver = "src/Grains/Sequencing/TakeOver.cs";
    const string Pipeline = "src/Grains/Sequencing/Pipeline.cs";
    const string ManifestRow = "src/Grains/Sequencing/ManifestRow.cs";

    public static IReadOnlyList<Mutation> All { get; } =
    [
        new(
            1,
            "the manifest is written by compare-and-swap",
            new Edit(
                ManifestRow,
                "public Task WriteAsync(Manifest manifest) => _row.WriteAsync(",
                "public async Task WriteAsync(Manifest manifest) { await _row.ReadAsync(); await Write(manifest); "
                    + "}\n    Task Write(Manifest manifest) => _row.WriteAsync("
            )
        ),
        new(
            1,
            "a run id is never used again",
            new Edit("src/Grains/Runs/Run.cs", "RunId = $\"{name}~{newSuffix()}\"", "RunId = $\"{name}~0\"")
        ),
        new(
            1,
            "a deletion reaches the run of its id, not a later one of the name",
            new Edit("src/Grains/Runs/Run.cs", "record || record.RunId != runId) throw", "record) throw"),
            new Edit("src/Grains/Runs/Run.cs", "known.RunId != runId ? throw Unknown() : known.Deleting", "known.Deleting"),
            new Edit("src/Grains/Runs/Run.cs", ".RunId != record.RunId) return false;", " is null) return false;")
        ),
        new(
            2,
            "every take-over swaps in a higher incarnation",
            new Edit(
                "src/Grains/Protocol/Manifest.cs",
                "Incarnation = Incarnation + 1, Owner",
                "Incarnation = Math.Max(Incarnation, 1), Owner"
            )
        ),
        new(
            2,
            "an incarnation that was only read is never adopted",
            new Edit(
                TakeOver,
                "await row.WriteAsync(next);",
                "if (read.Incarnation > 0 && next.Attempt == read.Attempt) next = read; else await row.WriteAsync(next);"
            )
        ),
        new(
            2,
            "an activation that finds another's incarnation gives way",
            new Edit(
                TakeOver,
                "if (_highestTried > 0 && read.Owner != owner && read.Incarnation >= _highestTried) throw new SupersededException();",
                ""
            )
        ),
        new(
            2,
            "recovery goes back to what the manifest names",
            new Edit(
                "src/Grains/Scoring/ShareRestoring.cs",
                "if (_states[i].Version != share.Named[i].Version) throw new StaleCallException($\"block {share.Blocks[i]} of head "
                    + "{share.Head}\", \"version\", share.Named[i].Version, _states[i].Version);",
                ""
            )
        )
        {
            CoveredBy =
                "a scorer that loaded a block which has moved on has the version of the restore, and its next call expects another "
                + "(rule 3)",
        },
        new(
            2,
            "after a failed or unknown write a row is read before it is written",
            new Edit(
                "src/Grains/Durability/DurableRow.cs",
                "_known = null;\n        var next = new GrainState",
                "var next = new GrainState"
            )
        ),
        // Alone each survives: nobody calls a grain before all have restored, and one that is called all the same refuses.
        new(
            2,
            "nothing is processed until all have restored; a grain not restored refuses (rule 3)",
            new Edit(
                Pipeline,
                "await Task.WhenAll(scoring, restored, RetireAsync(manifest));\n        IsHome = scoring.Result.All(scorer => "
                    + "scorer!.IsHome) && ",
                "await Task.WhenAny(scoring, restored);\n        await restored;\n        IsHome = "
            ),
            // Else it would wait all the same, and with its thread: for ever.
            new Edit(
                Pipeline,
                "OfHead(h, scoring.Result, (scorer, share) => scorer!.StartDuals[share])",
                "scoring.IsCompletedSuccessfully ? OfHead(h, scoring.Result, (scorer, share) => scorer!.StartDuals[share]) : []"
            ),
            new Edit("src/Grains/Protocol/Fence.cs", "if (!_restored) throw new StaleCallException(grain, \"version\", -1, -1);", "")
        ),
    ];
}
