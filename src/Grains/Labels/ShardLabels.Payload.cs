using CoKe.ConstrainedKMeans;

namespace CoKe.Grains.Labels;

/// <summary>
/// Labels as bytes. At a boundary all of the closed epoch; in an open epoch the seen-marks and the labels that differ from the committed
/// ones: a mini-batch touches nearly every shard, and most images keep their cluster.
/// </summary>
sealed partial class ShardLabels
{
    const byte Format = 1;

    /// <summary>One bit per image, lowest first: seen in the open epoch.</summary>
    public byte[] SeenBits()
    {
        var bits = new byte[(_count + 7) / 8];
        for (var i = 0; i < _count; i++)
            bits[i >> 3] |= (byte)(_seen[i] << (i & 7));
        return bits;
    }

    /// <summary>The epoch that <see cref="EndEpoch"/> closed and <see cref="Commit"/> has not yet made readable.</summary>
    public byte[] EncodeBoundary()
    {
        using var stream = new MemoryStream((_heads * _count * 2) + _count);
        using var writer = new BinaryWriter(stream);
        writer.Write(Format);
        writer.Write(true);
        for (var h = 0; h < _heads; h++)
            for (var i = 0; i < _count; i++)
                WriteLabel(writer, h, _open[(h * _count) + i]);
        for (var i = 0; i < _count; i++)
            writer.Write((byte)(_seen[i] == 0 && _open[i] != Never ? 1 : 0));
        writer.Write(_soft is not null);
        if (_soft is null)
            return stream.ToArray();
        foreach (var soft in _soft)
        {
            writer.Write7BitEncodedInt(soft.Entries.Length);
            foreach (var entry in soft.Entries)
            {
                writer.Write7BitEncodedInt(entry.Label);
                writer.Write(entry.Weight);
            }
        }

        return stream.ToArray();
    }

    /// <summary>What was written since the boundary.</summary>
    public byte[] EncodeOpenEpoch()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Format);
        writer.Write(false);
        writer.Write(SeenBits());
        var changed = new byte[(_count + 7) / 8];
        for (var h = 0; h < _heads; h++)
        {
            Array.Clear(changed);
            for (var i = 0; i < _count; i++)
                if (_seen[i] != 0 && _open[(h * _count) + i] != _committed[(h * _count) + i])
                    changed[i >> 3] |= (byte)(1 << (i & 7));
            writer.Write(changed);
            for (var i = 0; i < _count; i++)
                if (IsSet(changed, i))
                    WriteLabel(writer, h, _open[(h * _count) + i]);
        }

        return stream.ToArray();
    }

    /// <summary>The labels as they were when the payloads were written.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="firstImage">First id of the shard.</param>
    /// <param name="imageCount">Its images.</param>
    /// <param name="boundary">The last boundary's payload; null before the first.</param>
    /// <param name="open">The payload of the open epoch; null: nothing was written since.</param>
    /// <exception cref="InvalidDataException">The bytes are not of this form.</exception>
    public static ShardLabels Restore(ClusteringOptions options, int firstImage, int imageCount, byte[]? boundary, byte[]? open)
    {
        var labels = new ShardLabels(options, firstImage, imageCount);
        Read(boundary, true, labels.ReadBoundary);
        Read(open, false, labels.ReadOpenEpoch);
        return labels;
    }

    static void Read(byte[]? payload, bool isBoundary, Action<BinaryReader> read)
    {
        if (payload is null)
            return;
        try
        {
            using var reader = new BinaryReader(new MemoryStream(payload, writable: false));
            if (reader.ReadByte() is var format && format != Format)
                throw new InvalidDataException($"The snapshot of a shard has format {format}; this version reads {Format}.");
            if (reader.ReadBoolean() != isBoundary)
                throw new InvalidDataException("The snapshot of a shard is of the other kind, boundary or open epoch.");
            read(reader);
            if (reader.BaseStream.Position != payload.Length)
                throw new InvalidDataException("The snapshot of a shard has bytes behind its end.");
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException)
        {
            throw new InvalidDataException("The snapshot of a shard is cut short or malformed.", e);
        }
    }

    void ReadBoundary(BinaryReader reader)
    {
        for (var h = 0; h < _heads; h++)
            for (var i = 0; i < _count; i++)
                _committed[(h * _count) + i] = ReadLabel(reader, h);
        reader.BaseStream.ReadExactly(_old);
        if (!reader.ReadBoolean())
            return;
        _soft = new SoftLabel[_heads * _count];
        for (var i = 0; i < _soft.Length; i++)
        {
            var entries = new WeightedLabel[Slots(reader.Read7BitEncodedInt())];
            for (var e = 0; e < entries.Length; e++)
                entries[e] = new WeightedLabel(SoftLabelOf(reader.Read7BitEncodedInt(), i / _count), reader.ReadDouble());
            _soft[i] = new SoftLabel(entries);
        }

        _committedSoft = (SoftLabel[])_soft.Clone();
    }

    void ReadOpenEpoch(BinaryReader reader)
    {
        var bits = new byte[(_count + 7) / 8];
        reader.BaseStream.ReadExactly(bits);
        for (var i = 0; i < _count; i++)
            _seen[i] = (byte)(IsSet(bits, i) ? 1 : 0);
        for (var h = 0; h < _heads; h++)
        {
            reader.BaseStream.ReadExactly(bits);
            for (var i = 0; i < _count; i++)
            {
                var at = (h * _count) + i;
                if (_seen[i] != 0)
                    _open[at] = IsSet(bits, i) ? ReadLabel(reader, h) : _committed[at];
            }
        }
    }

    int Slots(int count) =>
        count >= 0 && count <= _options.SoftLabelSlots
            ? count
            : throw new InvalidDataException(
                $"The snapshot of a shard has a soft label of {count} slots; the run has {_options.SoftLabelSlots}."
            );

    int SoftLabelOf(int label, int head) =>
        label >= 0 && label < _options.Heads[head].ClusterCount
            ? label
            : throw new InvalidDataException(
                $"The snapshot of a shard has soft label {label}; head {head} has {_options.Heads[head].ClusterCount} clusters."
            );

    // As many bytes as the head's K needs; 0 stands for an image that was never seen.
    int WidthOf(int head) =>
        _options.Heads[head].ClusterCount switch
        {
            < 256 => 1,
            < 65_536 => 2,
            < 16_777_216 => 3,
            _ => 4,
        };

    void WriteLabel(BinaryWriter writer, int head, int label)
    {
        var value = (uint)(label + 1);
        for (var i = WidthOf(head); i > 0; i--, value >>= 8)
            writer.Write((byte)value);
    }

    int ReadLabel(BinaryReader reader, int head)
    {
        uint value = 0;
        for (var i = 0; i < WidthOf(head); i++)
            value |= (uint)reader.ReadByte() << (8 * i);
        return value <= _options.Heads[head].ClusterCount
            ? (int)value - 1
            : throw new InvalidDataException(
                $"The snapshot of a shard has label {value - 1}; head {head} has {_options.Heads[head].ClusterCount} clusters."
            );
    }

    static bool IsSet(byte[] bits, int i) => (bits[i >> 3] & (1 << (i & 7))) != 0;
}
