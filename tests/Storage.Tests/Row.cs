namespace CoKe.Storage.Tests;

/// <summary>A state as grains have it: some bytes.</summary>
[GenerateSerializer]
public sealed class Row
{
    [Id(0)]
    public byte[] Payload = [];
}
