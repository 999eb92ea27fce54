namespace CoKe.Simulation.Mutations;

/// <summary>Rules 8 and 9: boundaries, trainers.</summary>
static class BoundariesAndTrainers
{
    const string Inbox = "src/Grains/Protocol/Inbox.cs";
    const string Manifest = "src/Grains/Protocol/Manifest.cs";
    const string CommittedEpoch = "src/Grains/Protocol/CommittedEpoch.cs";
    const string Checkpoints = "src/Grains/Sequencing/Checkpoints.cs";
    const string Run = "src/Grains/Runs/Run.cs";

    public static IReadOnlyList<Mutation> All { get; } =
    [
        new(
            8,
            "the boundary waits for the end of every rank",
            new Edit(Inbox, "AllEnded => _ranks.All(ofRank => ofRank.Ended);", "AllEnded => _ranks.Any(ofRank => ofRank.Ended);")
        ),
        new(
            8,
            "the watermark never passes an end of epoch",
            new Edit(Inbox, "_ranks[rank].Ended ? _ranks[rank].Next - 1 : _ranks[rank].Next;", "_ranks[rank].Next;")
        ),
        new(
            8,
            "only after its commit is the next epoch open",
            new Edit(
                Checkpoints,
                "await WriteManifest(Manifest.EpochClosed(start, captured.Blocks, captured.Shards));",
                "inbox.OpenEpoch();\n        await WriteManifest(Manifest.EpochClosed(start, captured.Blocks, captured.Shards));"
            ),
            new Edit(Checkpoints, "processed.OpenEpoch(captured.Step);\n        inbox.OpenEpoch();", "processed.OpenEpoch(captured.Step);")
        ),
        new(
            8,
            "the epoch is stored before it is committed",
            new Edit(
                Checkpoints,
                "await _pipeline.SaveAsync(captured.Step);\n        var report",
                "_pipeline.SaveAsync(captured.Step).Ignore();\n        var report"
            )
        ),
        new(
            8,
            "a grain is told of a commit only after it is stored",
            new Edit(
                Checkpoints,
                "await WriteManifest(Manifest.EpochClosed(start, captured.Blocks, captured.Shards));",
                "await _pipeline.CommitAsync(epoch);\n        await WriteManifest(Manifest.EpochClosed(start, captured.Blocks, "
                    + "captured.Shards));"
            )
        ),
        // Alone this survives: as long as grains hear of stored commits only, an epoch has one commit, and its number is its name.
        new(
            8,
            "reads name the incarnation of the commit; a grain is told of a commit only after it is stored",
            new Edit(
                Checkpoints,
                "await WriteManifest(Manifest.EpochClosed(start, captured.Blocks, captured.Shards));",
                "await _pipeline.CommitAsync(epoch);\n        await WriteManifest(Manifest.EpochClosed(start, captured.Blocks, "
                    + "captured.Shards));"
            ),
            new Edit(CommittedEpoch, "if (name != _committed || name.Epoch < 0)", "if (name.Epoch != _committed.Epoch || name.Epoch < 0)")
        ),
        new(
            8,
            "a grain serves an epoch only once it was told of the commit",
            new Edit(CommittedEpoch, "if (name != _committed || name.Epoch < 0)", "if (name.Epoch < 0)")
        ),
        new(
            8,
            "clusters are closed with what the shards told of their members",
            new Edit("src/Grains/Scoring/HeadShare.cs", "Moves = moves.Slice(_range.Start(i), _range.Count(i)),", "Moves = null,")
        ),
        new(
            9,
            "a generation is durable before it is used",
            new Edit(
                Run,
                "return await WriteAsync(row, stored.Step + 1, after);",
                "WriteAsync(row, stored.Step + 1, after).Ignore();\n                return after;"
            )
        ),
        new(
            9,
            "a trainer that was under way for long does not fence a later one",
            new Edit(
                Run,
                "if (known.Generations[rank] != after) throw new FencedTrainerException(name, rank, after + 1, known.Generations[rank]);",
                ""
            )
        ),
        new(
            9,
            "generations are compared at every recovery",
            new Edit(
                Manifest,
                "var newer = generations.Where((generation, rank) => generation > Generations[rank]).Any();",
                "var newer = false;"
            ),
            new Edit(Manifest, "Owner = owner, Generations = Newest(generations),", "Owner = owner,")
        ),
        new(
            9,
            "generations are compared at every message",
            new Edit(Inbox, "if (message.Generation != ofRank.Generation || ofRank.IsDurable", "if (ofRank.IsDurable")
        ),
        new(
            9,
            "an older trainer is fenced",
            new Edit(
                "src/Grains/Sequencing/Sequencer.cs",
                "if (generation < ofRank.Generation) throw new FencedTrainerException(Name, rank, generation, ofRank.Generation);",
                ""
            )
        ),
        new(
            9,
            "a newer trainer takes the run back to the last boundary",
            new Edit(
                Manifest,
                "var next = (newer && !IsAtBoundary) || toBoundary ? RolledBack() : this;",
                "var next = toBoundary ? RolledBack() : this;"
            )
        ),
        new(
            9,
            "a newer trainer is admitted silently only before anything was taken",
            new Edit(
                "src/Grains/Sequencing/LiveRun.cs",
                "if (!Inbox.IsUntouched || !Manifest.IsAtBoundary) throw new NewerTrainerException();",
                "if (!Manifest.IsAtBoundary) throw new NewerTrainerException();"
            )
        ),
        new(
            9,
            "what an older trainer has waiting is forgotten",
            new Edit(
                "src/Grains/Protocol/RankInbox.cs",
                "_waiting.Clear();\n        Wait(-WaitingBytes);\n        _refusals.Clear();",
                "_refusals.Clear();"
            )
        ),
        new(9, "a roll-back is a new attempt", new Edit(Manifest, "Attempt = Attempt + 1,", "Attempt = Attempt,")),
        new(
            9,
            "on a new attempt every trainer begins the epoch anew",
            new Edit(
                "src/Client/SendWindow.cs",
                "else if (_open.HasBegun) Fail(new RolledBackException(run, news.Epoch, news.Attempt));",
                ""
            )
        ),
    ];
}
