using CoKe.Simulation.Slots;

namespace CoKe.Simulation.Mutations;

/// <summary>Rule 5: checkpoints.</summary>
static class Checkpoints
{
    const string Source = "src/Grains/Sequencing/Checkpoints.cs";
    const string Blocks = "src/Grains/Durability/BlockPayload.cs";
    const string Slots = "src/Grains/Durability/SnapshotSlots.cs";
    const string Names = "src/Abstractions/Contracts/Snapshots.cs";

    public static IReadOnlyList<Mutation> All { get; } =
    [
        new(
            5,
            "everything copies its state between the same two steps",
            new Edit("src/Grains/Sequencing/LiveRun.cs", "if (_stepsInFlight > 0 || _saving) continue;", "if (_saving) continue;")
        ),
        new(
            5,
            "the slot of the current version is not written",
            new Edit(Names, "while (Current?.Slot == slot || Boundary?.Slot == slot) slot++;", "while (Boundary?.Slot == slot) slot++;")
        ),
        new(
            5,
            "the slot of the last boundary is not written",
            new Edit(Names, "while (Current?.Slot == slot || Boundary?.Slot == slot) slot++;", "while (Current?.Slot == slot) slot++;")
        ),
        new(
            5,
            "a slot is written only over an older (incarnation, step)",
            new Edit(
                Slots,
                "if (row.Stamp is { } held && held.CompareTo((incarnation, step)) >= 0)\n            throw new "
                    + "StaleCallException($\"{KindOf(slot)} of {owner.Type} {owner.Key}\", \"incarnation\", incarnation, "
                    + "held.Incarnation);",
                ""
            )
        )
        {
            Scenario = SlotScenario.Instance,
        },
        new(5, "a save looks at the incarnation again after it has read its row", new Edit(Slots, "check(incarnation);", ""))
        {
            CoveredBy =
                "a row is taken for free only where it is missing or damaged, and another version in the place of one that is damaged "
                + "is refused like the damage",
        },
        new(
            5,
            "the ETag and the stamp of a slot are of the same read",
            new Edit(
                Slots,
                "await row.WriteAsync(incarnation, step, payload);",
                "await row.ReadAsync();\n        await row.WriteAsync(incarnation, step, payload);"
            )
        ),
        new(
            5,
            "a conflict is not tried again within an incarnation",
            new Edit(
                Slots,
                "await row.WriteAsync(incarnation, step, payload);",
                "try { await row.WriteAsync(incarnation, step, payload); } catch (InconsistentStateException) { await row.ReadAsync(); "
                    + "await row.WriteAsync(incarnation, step, payload); }"
            )
        ),
        new(
            5,
            "the snapshots are written before the manifest that names them",
            new Edit(
                Source,
                "await _pipeline.SaveAsync(captured.Step);\n            await "
                    + "_failpoints.Reach(Failpoints.CheckpointSaved);\n            await "
                    + "WriteManifest(Manifest.Checkpointed(mark, captured.Blocks, captured.Shards));",
                "await WriteManifest(Manifest.Checkpointed(mark, captured.Blocks, captured.Shards));\n            await "
                    + "_pipeline.SaveAsync(captured.Step);\n            await _failpoints.Reach(Failpoints.CheckpointSaved);"
            )
        ),
        new(
            5,
            "the manifest is written before the watermark is told",
            new Edit(
                Source,
                "await WriteManifest(Manifest.Checkpointed(mark, captured.Blocks, captured.Shards));",
                "for (var rank = 0; rank < mark.Watermarks.Length; rank++) inbox.Ranks[rank].Watermark = mark.Watermarks[rank];\n       "
                    + "     await WriteManifest(Manifest.Checkpointed(mark, captured.Blocks, captured.Shards));"
            )
        ),
        new(
            5,
            "a recovery takes the seen-marks of the open epoch from the shards",
            new Edit(
                "src/Grains/Sequencing/Pipeline.cs",
                "seen.Load(s * size, Math.Min(size, options.ImageCount - (s * size)), reply.Seen);",
                ""
            )
        ),
        new(
            5,
            "a block that changed stores its new version",
            new Edit(
                "src/Grains/Scoring/HeadShare.cs",
                "if (!call.IsBoundary && _blockVersions[i] == named[i].Version) continue;",
                "if (!call.IsBoundary && named[i].Current is not null) continue;"
            )
        ),
        new(
            5,
            "members that stand out are in every snapshot, like the sum",
            new Edit(Blocks, "after = after with { OpenMembers = MembersPayload.Read(reader) };", "MembersPayload.Read(reader);")
        ),
        new(
            5,
            "those of the closed epoch are in the boundary's",
            new Edit(
                Blocks,
                "var (openMembers, lastMembers) = (MembersPayload.Read(reader), MembersPayload.Read(reader));",
                "var (openMembers, lastMembers) = (MembersPayload.Read(reader), MembersPayload.Read(reader)); "
                    + "lastMembers = RankedMembers.None;"
            )
        ),
        new(
            5,
            "a named version is checked for damage before it is used",
            new Edit(
                "src/Grains/Durability/SealedRow.cs",
                "Payload is not null && Checksum == Sum(place, Incarnation, Step, Payload);",
                "Payload is not null;"
            )
        ),
    ];
}
