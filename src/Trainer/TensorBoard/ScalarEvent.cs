using Google.Protobuf;

namespace CoKe.Trainer.TensorBoard;

/// <summary>
/// The few fields of TensorFlow's Event message that scalars need: wall_time = 1, step = 2, file_version = 3, summary = 5 with value = 1,
/// of which tag = 1 and simple_value = 2.
/// </summary>
static class ScalarEvent
{
    const int WallTime = 1,
        Step = 2,
        FileVersion = 3,
        Summary = 5,
        Value = 1,
        Tag = 1,
        SimpleValue = 2;

    /// <summary>What a file begins with.</summary>
    public static byte[] Beginning(double wallTime) =>
        Written(output =>
        {
            output.WriteTag(WallTime, WireFormat.WireType.Fixed64);
            output.WriteDouble(wallTime);
            output.WriteTag(FileVersion, WireFormat.WireType.LengthDelimited);
            output.WriteString("brain.Event:2");
        });

    /// <summary>Values of one step.</summary>
    /// <param name="wallTime">Seconds since 1970.</param>
    /// <param name="step">The place on the horizontal axis.</param>
    /// <param name="values">By tag; what is before a slash groups them.</param>
    public static byte[] Of(double wallTime, long step, IEnumerable<(string Tag, double Value)> values) =>
        Written(output =>
        {
            output.WriteTag(WallTime, WireFormat.WireType.Fixed64);
            output.WriteDouble(wallTime);
            output.WriteTag(Step, WireFormat.WireType.Varint);
            output.WriteInt64(step);
            output.WriteTag(Summary, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(
                ByteString.CopyFrom(
                    Written(summary =>
                    {
                        foreach (var (tag, value) in values)
                        {
                            summary.WriteTag(Value, WireFormat.WireType.LengthDelimited);
                            summary.WriteBytes(
                                ByteString.CopyFrom(
                                    Written(one =>
                                    {
                                        one.WriteTag(Tag, WireFormat.WireType.LengthDelimited);
                                        one.WriteString(tag);
                                        one.WriteTag(SimpleValue, WireFormat.WireType.Fixed32);
                                        one.WriteFloat((float)value);
                                    })
                                )
                            );
                        }
                    })
                )
            );
        });

    /// <summary>Reads the step of an event.</summary>
    /// <param name="content">The event.</param>
    /// <param name="step">The step; null of an event without values.</param>
    /// <returns>False: these bytes are no event, though they have the checksum of a record.</returns>
    public static bool TryReadStep(byte[] content, out long? step)
    {
        try
        {
            step = StepOf(content);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            step = null;
            return false;
        }
    }

    static long? StepOf(byte[] content)
    {
        var (input, step, holdsValues) = (new CodedInputStream(content), 0L, false);
        while (input.ReadTag() is > 0 and var tag)
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case Step:
                    step = input.ReadInt64();
                    break;
                case Summary:
                    holdsValues = true;
                    input.SkipLastField();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        return holdsValues ? step : null;
    }

    static byte[] Written(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
            write(output);
        return bytes.ToArray();
    }
}
