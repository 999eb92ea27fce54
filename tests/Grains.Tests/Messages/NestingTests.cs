using System.Buffers;
using CoKe.Abstractions;
using CoKe.Abstractions.Serialization;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Durability;
using CoKe.Storage;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace CoKe.Grains.Tests.Messages;

/// <summary>Values within values are counted as Orleans reads them, before Orleans does.</summary>
public sealed class NestingTests
{
    const byte UnknownObject = 0x26,
        EndOfObject = 0xe0;

    static readonly Serializer Serializer = new ServiceCollection()
        .AddSerializer()
        .AddCokeExceptions()
        .BuildServiceProvider()
        .GetRequiredService<Serializer>();

    public static TheoryData<object, int> Values =>
        new()
        {
            { 5, 0 },
            { "text", 0 },
            { new FloatValues([1, 2, 3]), 0 },
            { new BatchIdentity(0, 1, 2, 3), 1 },
            { new EpochReport(1, 2, 3, 4, [Head, Head]), 4 }, // report, list, head, shortfall
            { new object[] { new object[] { new object[] { 1, "a" }, 2.5 }, DateTime.UnixEpoch }, 3 },
            {
                new Dictionary<string, List<Guid>> { ["a"] = [Guid.Empty] },
                2
            },
        };

    static HeadReport Head =>
        new(
            8,
            30,
            90,
            45,
            0.75,
            15,
            20.5,
            true,
            0.875,
            12,
            0,
            0.25,
            0.16,
            new Shortfall
            {
                Clusters = 1,
                Images = 2,
                Worst = [new(0, 1, 2)],
            }
        );

    [Theory]
    [MemberData(nameof(Values))]
    public void Depth_OfWhatOrleansWrites_IsThatOfTheValue(object value, int least)
    {
        var bytes = Serializer.SerializeToArray(value);

        // Dictionaries and times are objects with objects of their own.
        Assert.InRange(Depth(bytes), least, least + 3);
        Assert.Equal(1 + Depth(bytes), Depth(Serializer.SerializeToArray<object>(new[] { value })), tolerance: 1);
        Assert.True(Nesting.Bound(new ReadOnlySequence<byte>(bytes)) >= Depth(bytes));
    }

    [Fact]
    public void Depth_WhereAValueEnds_TheCountEndsToo() =>
        Assert.Equal(
            1,
            Depth([.. Serializer.SerializeToArray(new BatchIdentity(0, 1, 2, 3)), UnknownObject, UnknownObject, UnknownObject])
        );

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public void Depth_OfUnknownObjectsInAKnownOne_CountsThem(int count)
    {
        var known = Serializer.SerializeToArray(new EpochReport(1, 2, 3, 4, []));
        byte[] nested = [.. known[..^1], .. Enumerable.Repeat(UnknownObject, count), .. Enumerable.Repeat(EndOfObject, count), EndOfObject];

        Assert.Equal(Math.Min(1 + count, Nesting.Deepest + 1), Depth(nested));
        if (count <= Nesting.Deepest)
            Assert.Equal(4, Serializer.Deserialize<EpochReport>(nested)!.CommittedIncarnation); // as a later version's fields are
    }

    [Fact]
    public void Depth_InManyPieces_IsTheSame()
    {
        var bytes = Serializer.SerializeToArray(new EpochReport(1, 2, 3, 4, [Head, Head]));
        Piece first = new(bytes.AsMemory(0, 1), null),
            last = first;
        for (var at = 1; at < bytes.Length; at++)
            last = new Piece(bytes.AsMemory(at, 1), last);

        Assert.Equal(Depth(bytes), Nesting.Depth(new ReadOnlySequence<byte>(first, 0, last, 1)));
    }

    [Fact]
    public void Row_WithAHundredThousandObjectsInEachOther_IsDamagedAndEndsNothing()
    {
        var rows = new RowSerializer(Serializer);
        var row = rows.Serialize(SealedRow.Of("place", 1, 2, [1])).ToArray();
        byte[] nested = [.. row[..^1], .. Enumerable.Repeat(UnknownObject, 100_000)];
        byte[] report =
        [
            .. Serializer.SerializeToArray(new EpochReport(1, 2, 3, 4, []))[..^1],
            .. Enumerable.Repeat(UnknownObject, 100_000),
        ];

        Assert.False(rows.Deserialize<SealedRow>(BinaryData.FromBytes(nested)).IsSound("place"));
        Assert.Contains(
            "nested too deeply",
            Assert
                .Throws<DamagedSnapshotException>(() => StoredRow.Read<EpochReport>(Serializer, report, "run r", "report of epoch 1"))
                .Message
        );
    }

    [Fact]
    public void StoredRow_OfSomethingElse_IsDamaged()
    {
        Assert.Contains(
            "cannot be read",
            Assert
                .Throws<DamagedSnapshotException>(() => StoredRow.Read<EpochReport>(Serializer, [1, 2, 3, 4], "run r", "report of epoch 1"))
                .Message
        );
        Assert.Contains(
            "cannot be read",
            Assert
                .Throws<DamagedSnapshotException>(() =>
                    StoredRow.Read<EpochReport>(Serializer, Serializer.SerializeToArray<object>("text"), "run r", "report of epoch 1")
                )
                .Message
        );
    }

    [Fact]
    public void Surrogates_OfNothing_AreRefused()
    {
        Assert.Throws<InvalidMessageException>(() =>
            new ClusteringOptionsConverter().ConvertFromSurrogate(new ClusteringOptionsSurrogate())
        );
        foreach (var worst in (long[]?[])[null, [1, 2], [long.MaxValue, 1, 2], [-1, 1, 2]])
            Assert.Throws<InvalidMessageException>(() =>
                new ShortfallConverter().ConvertFromSurrogate(new ShortfallSurrogate { Worst = worst! })
            );
    }

    static int Depth(byte[] bytes) => Nesting.Depth(new ReadOnlySequence<byte>(bytes));

    sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            (Memory, RunningIndex) = (memory, before is null ? 0 : before.RunningIndex + before.Memory.Length);
            if (before is not null)
                before.Next = this;
        }
    }

    /// <summary>What nobody knows is read where it is referred to, and so may lead from one to the next by calls within calls.</summary>
    [Theory]
    [InlineData(Nesting.MostChained, 1)]
    [InlineData(Nesting.MostChained + 1, Nesting.Deepest + 1)]
    public void Depth_OfReferencesInARow_IsThatOfObjectsInEachOtherBeyondABound(int references, int depth)
    {
        // An object whose fields, each one further on, refer to the first thing.
        byte[] bytes = [0x20, .. Enumerable.Repeat((byte[])[0xc1, 0x03], references).SelectMany(reference => reference), 0xe0];
        Assert.Equal(depth, Nesting.Depth(new ReadOnlySequence<byte>(bytes), mostChained: Nesting.MostChained));
        Assert.Equal(
            1,
            Nesting.Depth(
                new ReadOnlySequence<byte>([.. bytes.Select(one => one == 0x03 ? (byte)0x01 : one)]),
                mostChained: Nesting.MostChained
            )
        ); // nothing
    }
}
