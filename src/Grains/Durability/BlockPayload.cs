using System.Runtime.InteropServices;
using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Durability;

/// <summary>
/// A block's clusters as bytes. At a boundary everything; in an open epoch only what may differ from the boundary of the same epoch, on
/// which such a payload leans.
/// </summary>
static class BlockPayload
{
    /// <summary>1 knew no members that stand out, and of closed epochs the sizes alone; it is read too.</summary>
    const byte Format = 2;

    const byte FormatWithoutMembers = 1;
    const int LargestStackVector = 1_024;

    /// <summary>Writes the clusters of one block, ascending.</summary>
    /// <param name="plan">The head's constants.</param>
    /// <param name="clusters">One copy per cluster.</param>
    /// <param name="boundary">The copies are of a closed epoch, and are to stand by themselves.</param>
    public static byte[] Encode(HeadPlan plan, IReadOnlyList<ClusterCopy> clusters, bool boundary)
    {
        using var stream = new MemoryStream(64 + (clusters.Count * plan.Dimension * (boundary ? 16 : 12)));
        using var writer = new BinaryWriter(stream);
        writer.Write(Format);
        writer.Write(boundary);
        writer.Write7BitEncodedInt(clusters.Count);
        foreach (var cluster in clusters)
        {
            writer.Write7BitEncodedInt64(cluster.Version);
            if (boundary)
                WriteWhole(writer, cluster);
            else
                WriteChange(writer, cluster);
        }

        return stream.ToArray();
    }

    /// <summary>Reads the clusters of one block.</summary>
    /// <param name="plan">The head's constants.</param>
    /// <param name="first">k of the first cluster.</param>
    /// <param name="initialCenters">n x d, from which a run starts.</param>
    /// <param name="boundary">The last boundary's payload; null before the first.</param>
    /// <param name="open">The payload of the open epoch; null: the boundary itself.</param>
    /// <exception cref="InvalidDataException">The bytes are not of this form.</exception>
    public static ClusterCopy[] Decode(HeadPlan plan, int first, ReadOnlySpan<float> initialCenters, byte[]? boundary, byte[]? open)
    {
        var d = plan.Dimension;
        var n = initialCenters.Length / d;
        var clusters = new ClusterCopy[n];
        for (var i = 0; i < n; i++)
            clusters[i] = ClusterCopy.Of(new ClusterState(plan, first + i, initialCenters.Slice(i * d, d)).Snapshot(), 0, []);
        if (boundary is not null)
            Read(boundary, isBoundary: true, clusters, (reader, format, _) => ReadWhole(reader, format, plan));
        if (open is not null)
            Read(open, isBoundary: false, clusters, ReadChange);
        return clusters;
    }

    static void WriteWhole(BinaryWriter writer, ClusterCopy cluster)
    {
        var figures = cluster.Figures;
        writer.Write7BitEncodedInt64(figures.Count);
        writer.Write7BitEncodedInt64(figures.LastCount);
        Write(writer, figures.Dual);
        Write(writer, figures.EpochStartDual);
        Write(writer, cluster.Center.Span);
        Write(writer, cluster.Frozen.Span);
        Write(writer, cluster.Sum.Span);
        if (cluster.PreciseCenter is { } precise)
            Write(writer, precise.Span);
        MembersPayload.Write(writer, cluster.OpenMembers);
        MembersPayload.Write(writer, cluster.LastMembers);
        MembersPayload.WriteHistory(writer, cluster.History);
    }

    static ClusterCopy ReadWhole(BinaryReader reader, byte format, HeadPlan plan)
    {
        var d = plan.Dimension;
        var version = reader.Read7BitEncodedInt64();
        var (count, lastCount) = (reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64());
        var (dual, startDual) = (ReadDual(reader), ReadDual(reader));
        var (center, frozen) = (new FloatValues(Read<float>(reader, d)), new FloatValues(Read<float>(reader, d)));
        var sum = new DoubleValues(Read<double>(reader, d));
        var precise = plan.KeepsPreciseCenters ? new DoubleValues(Read<double>(reader, d)) : null;
        var figures = new ClusterFigures(count, lastCount, dual, startDual);
        if (format == FormatWithoutMembers)
        {
            var sizes = MembersPayload.ReadSizes(reader);
            return new(version, figures, center, frozen, sum, precise, sizes, RankedMembers.None, RankedMembers.None);
        }

        var (openMembers, lastMembers) = (MembersPayload.Read(reader), MembersPayload.Read(reader));
        return new(version, figures, center, frozen, sum, precise, MembersPayload.ReadHistory(reader), openMembers, lastMembers);
    }

    static void WriteChange(BinaryWriter writer, ClusterCopy cluster)
    {
        var (count, _, dual, startDual) = cluster.Figures;
        var touched = count > 0 || dual != startDual;
        writer.Write(touched);
        if (!touched)
            return;
        writer.Write7BitEncodedInt64(count);
        Write(writer, dual);
        if (count == 0)
            return; // only its dual moved
        MembersPayload.Write(writer, cluster.OpenMembers);
        Write(writer, cluster.Sum.Span);
        var follows = IsCenterOf(cluster.Sum.Span, cluster.Center.Span);
        writer.Write(follows);
        if (!follows)
            Write(writer, cluster.Center.Span);
        if (cluster.PreciseCenter is { } precise)
            Write(writer, precise.Span);
    }

    static ClusterCopy ReadChange(BinaryReader reader, byte format, ClusterCopy before)
    {
        var after = before with { Version = reader.Read7BitEncodedInt64() };
        if (!reader.ReadBoolean())
            return after;
        var figures = before.Figures with { Count = reader.Read7BitEncodedInt64() };
        after = after with { Figures = figures with { Dual = ReadDual(reader) } };
        if (figures.Count == 0)
            return after;
        if (format != FormatWithoutMembers)
            after = after with { OpenMembers = MembersPayload.Read(reader) };
        var d = before.Center.Length;
        var sum = Read<double>(reader, d);
        float[] center;
        if (reader.ReadBoolean())
            ClusterState.CenterOf(sum, center = new float[d]);
        else
            center = Read<float>(reader, d);
        return after with
        {
            Center = new FloatValues(center),
            Sum = new DoubleValues(sum),
            PreciseCenter = before.PreciseCenter is null ? null : new DoubleValues(Read<double>(reader, d)),
        };
    }

    /// <summary>
    /// With the exact rule a center that follows every mini-batch is its sum's direction, to the bit on every machine: a third of what a
    /// checkpoint would write need not be written.
    /// </summary>
    static bool IsCenterOf(ReadOnlySpan<double> sum, ReadOnlySpan<float> center)
    {
        Span<float> direction = center.Length <= LargestStackVector ? stackalloc float[center.Length] : new float[center.Length];
        ClusterState.CenterOf(sum, direction);
        return MemoryMarshal.AsBytes(direction).SequenceEqual(MemoryMarshal.AsBytes(center));
    }

    static void Read(byte[] payload, bool isBoundary, ClusterCopy[] clusters, Func<BinaryReader, byte, ClusterCopy, ClusterCopy> read)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(payload, writable: false));
            var format = reader.ReadByte();
            if (format is not (Format or FormatWithoutMembers))
                throw new InvalidDataException(
                    $"The snapshot of a block has format {format}; this version reads {FormatWithoutMembers} and {Format}."
                );
            if (reader.ReadBoolean() != isBoundary)
                throw new InvalidDataException("The snapshot of a block is of the other kind, boundary or open epoch.");
            if (reader.Read7BitEncodedInt() is var n && n != clusters.Length)
                throw new InvalidDataException($"The snapshot of a block has {n} clusters; the block has {clusters.Length}.");
            for (var i = 0; i < clusters.Length; i++)
                clusters[i] = read(reader, format, clusters[i]);
            if (reader.BaseStream.Position != payload.Length)
                throw new InvalidDataException("The snapshot of a block has bytes behind its end.");
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException)
        {
            throw new InvalidDataException("The snapshot of a block is cut short or malformed.", e);
        }
    }

    static void Write(BinaryWriter writer, Dual dual)
    {
        writer.Write(dual.Base);
        writer.Write7BitEncodedInt64(dual.Since);
    }

    static Dual ReadDual(BinaryReader reader) => new(reader.ReadDouble(), reader.Read7BitEncodedInt64());

    static void Write<T>(BinaryWriter writer, ReadOnlySpan<T> values)
        where T : unmanaged => writer.Write(MemoryMarshal.AsBytes(values));

    static T[] Read<T>(BinaryReader reader, int count)
        where T : unmanaged
    {
        var values = new T[count];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
