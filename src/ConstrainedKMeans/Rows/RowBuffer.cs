namespace CoKe.ConstrainedKMeans;

/// <summary>Room for rows that are read, which grows with what is asked and is used again. Not thread safe.</summary>
public sealed class RowBuffer
{
    float[] _values = [];

    /// <summary>So many values, with whatever was in them.</summary>
    /// <param name="length">At least 0.</param>
    public Span<float> Of(int length)
    {
        if (_values.Length < length)
            _values = GC.AllocateUninitializedArray<float>(length);
        return _values.AsSpan(0, length);
    }
}
