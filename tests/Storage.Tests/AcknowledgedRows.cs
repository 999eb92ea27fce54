namespace CoKe.Storage.Tests;

/// <summary>The rows of the process that is killed: each holds one value, repeated, so that half a row shows.</summary>
static class AcknowledgedRows
{
    public const int Count = 7;

    public static Row Of(int value)
    {
        var payload = new byte[100_000];
        for (var i = 0; i < payload.Length; i += 4)
            BitConverter.TryWriteBytes(payload.AsSpan(i), value);
        return new Row { Payload = payload };
    }

    public static int Value(Row row)
    {
        var value = BitConverter.ToInt32(row.Payload);
        Assert.Equal(Of(value).Payload, row.Payload);
        return value;
    }
}
