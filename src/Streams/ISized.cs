namespace CoKe.Streams;

/// <summary>A message that tells its size, by which the streams bound what they hold.</summary>
public interface ISized
{
    /// <summary>The bytes of the message on the wire, about; never negative.</summary>
    int SizeInBytes { get; }
}
