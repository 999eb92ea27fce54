using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Fuzzing.Inputs;
using CoKe.Grains.Durability;
using CoKe.Grains.Labels;
using CoKe.Storage;
using CoKe.Storage.Sqlite;

namespace CoKe.Fuzzing.Targets;

/// <summary>Readers of what the database holds. Its checksums find damage, not malice, so payloads are read without them.</summary>
static class StorageTargets
{
    static readonly ClusteringOptions _s_options = new()
    {
        ImageCount = 20,
        Dimension = 3,
        BatchSize = 5,
        Heads =
        [
            new()
            {
                ClusterCount = 4,
                MinimumSizeRatio = 0.5,
                CenterRule = CenterRule.Rescaled,
            },
        ],
        StageTwoAfterEpoch = 1,
    };

    public static FuzzTarget Block(FuzzFolder folder)
    {
        var plan = new HeadPlan(_s_options, 0);
        var centers = plan.InitialCenters();
        var members = new RankedMembers([new RankedMember(3, 0.5f), new RankedMember(1, 0.25f)], [new RankedMember(1, 0.25f)]);
        var clusters = BlockPayload
            .Decode(plan, 0, centers, null, null)
            .Select(
                (one, k) =>
                    one with
                    {
                        Figures = one.Figures with { Count = k },
                        History = [ClusterEpoch.OfSize(1), new ClusterEpoch(0.5, 3, 0.25f, 2, 1)],
                        OpenMembers = members,
                        LastMembers = members,
                    }
            )
            .ToArray();
        var boundary = BlockPayload.Encode(plan, clusters, boundary: true);
        return new("", [boundary, BlockPayload.Encode(plan, clusters, boundary: false)], input =>
        {
            var isOpen = input.Length > 1 && input[1] == 0;
            return $"{BlockPayload.Decode(plan, 0, centers, isOpen ? boundary : input, isOpen ? input : null).Length} clusters";
        })
        {
            MayThrow = e => e is InvalidDataException, // SnapshotSlots.Unreadable says whose it is
            Iterations = 6_000
        };
    }

    public static FuzzTarget Shard(FuzzFolder folder)
    {
        var labels = ShardLabels.Restore(_s_options, 0, 20, null, null);
        var boundary = labels.EncodeBoundary();
        return new("", [boundary, labels.EncodeOpenEpoch()], input =>
        {
            var isOpen = input.Length > 1 && input[1] == 0;
            var read = ShardLabels.Restore(_s_options, 0, 20, isOpen ? boundary : input, isOpen ? input : null);
            return $"{read.SeenBits().Length} bytes of marks";
        })
        { MayThrow = e => e is InvalidDataException, Iterations = 6_000 };
    }

    /// <summary>A row as Orleans stores it: one that cannot be read comes out empty, and its owner finds that the checksum does not
    /// fit.</summary>
    public static FuzzTarget Row(FuzzFolder folder)
    {
        var rows = new RowSerializer(WireTargets.Serializer);
        return new("", [rows.Serialize(SealedRow.Of("place", 1, 2, [1, 2, 3])).ToArray()], input =>
            rows.Deserialize<SealedRow>(BinaryData.FromBytes(input)).IsSound("place") ? "sound" : "damaged"
        )
        {
            Hostile = [.. Packing.NestedObjects(rows.Serialize(SealedRow.Of("place", 1, 2, [1, 2, 3])).ToArray())],
            Iterations = 6_000,
        };
    }

    /// <summary>What sealed rows hold.</summary>
    public static FuzzTarget Manifest(FuzzFolder folder)
    {
        var serializer = WireTargets.Serializer;
        var report = new EpochReport(
            3,
            20,
            4,
            1,
            [
                new HeadReport(
                    4,
                    1,
                    9,
                    2.5,
                    0.4,
                    1.5,
                    2,
                    true,
                    0.8,
                    3,
                    0,
                    0.1,
                    0.02,
                    new Shortfall
                    {
                        Clusters = 1,
                        Images = 2,
                        Worst = [new(1, 1, 3)],
                    }
                ),
            ]
        );
        return new("", [serializer.SerializeToArray(report)], input =>
            $"{StoredRow.Read<EpochReport>(serializer, input, "run r", "report of epoch 3").Heads?.Count} heads"
        )
        {
            Hostile = [.. Packing.NestedObjects(serializer.SerializeToArray(report))],
            Iterations = 6_000,
        };
    }

    public static FuzzTarget Sqlite(FuzzFolder folder)
    {
        var path = folder.Own("runs.db");
        foreach (var beside in (string[])[".lock", "-wal", "-shm"])
            folder.Own($"runs.db{beside}");
        using (var made = new SqliteFile(new SqliteOptions { Path = path }))
            made.Open();
        return new("", [File.ReadAllBytes(path)], input =>
        {
            foreach (var beside in (string[])["-wal", "-shm"])
                File.Delete(path + beside);
            folder.Write("runs.db", input);
            using var file = new SqliteFile(new SqliteOptions { Path = path });
            file.Open();
            return "opened";
        })
        { Iterations = 200 };
    }
}
