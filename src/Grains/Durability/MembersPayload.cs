using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Durability;

/// <summary>Members of a cluster that stand out, and its closed epochs, as bytes.</summary>
static class MembersPayload
{
    /// <summary>What a closed epoch takes at least.</summary>
    const int LeastEpochBytes = 15;

    public static void Write(BinaryWriter writer, RankedMembers members)
    {
        Write(writer, members.MostSimilar);
        Write(writer, members.LeastSimilar);
    }

    /// <exception cref="InvalidDataException">There are more than a cluster keeps.</exception>
    public static RankedMembers Read(BinaryReader reader)
    {
        var most = Read(reader, MemberRanking.MostSimilarKept);
        var least = Read(reader, MemberRanking.LeastSimilarKept);
        return most.Length + least.Length == 0 ? RankedMembers.None : new RankedMembers(most, least);
    }

    public static void WriteHistory(BinaryWriter writer, ClusterEpoch[] history)
    {
        writer.Write7BitEncodedInt(history.Length);
        foreach (var epoch in history)
        {
            writer.Write7BitEncodedInt(epoch.Size);
            writer.Write(epoch.Dual);
            writer.Write(epoch.Moved);
            writer.Write7BitEncodedInt(epoch.Kept + 1); // -1: not known
            writer.Write7BitEncodedInt(epoch.Came + 1);
        }
    }

    /// <exception cref="InvalidDataException">There are more epochs than bytes.</exception>
    public static ClusterEpoch[] ReadHistory(BinaryReader reader)
    {
        var history = new ClusterEpoch[Length(reader, LeastEpochBytes)];
        for (var i = 0; i < history.Length; i++)
        {
            var (size, dual, moved) = (reader.Read7BitEncodedInt(), reader.ReadDouble(), reader.ReadSingle());
            history[i] = new ClusterEpoch(dual, size, moved, reader.Read7BitEncodedInt() - 1, reader.Read7BitEncodedInt() - 1);
        }

        return history;
    }

    /// <summary>The history as the first format has it: sizes alone.</summary>
    /// <exception cref="InvalidDataException">There are more epochs than bytes, or a size that no cluster can have.</exception>
    public static ClusterEpoch[] ReadSizes(BinaryReader reader)
    {
        var history = new ClusterEpoch[Length(reader, 1)];
        for (var i = 0; i < history.Length; i++)
        {
            var size = reader.Read7BitEncodedInt64();
            if (size is < 0 or > int.MaxValue)
                throw new InvalidDataException($"The snapshot of a block has a cluster of {size} members.");
            history[i] = ClusterEpoch.OfSize((int)size);
        }

        return history;
    }

    static void Write(BinaryWriter writer, IReadOnlyList<RankedMember> members)
    {
        writer.Write((byte)members.Count);
        foreach (var member in members)
        {
            writer.Write(member.ImageId);
            writer.Write(member.Similarity);
        }
    }

    static RankedMember[] Read(BinaryReader reader, int most)
    {
        var count = reader.ReadByte();
        if (count > most)
            throw new InvalidDataException(
                $"The snapshot of a block has {count} members that stand out in one cluster, which keeps {most}."
            );
        var members = new RankedMember[count];
        for (var i = 0; i < count; i++)
            members[i] = new RankedMember(reader.ReadInt32(), reader.ReadSingle());
        return members;
    }

    static int Length(BinaryReader reader, int leastBytes)
    {
        var length = reader.Read7BitEncodedInt();
        return length >= 0 && length <= (reader.BaseStream.Length - reader.BaseStream.Position) / leastBytes
            ? length
            : throw new InvalidDataException($"The snapshot of a block claims {length} values, more than it has bytes.");
    }
}
