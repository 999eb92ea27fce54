namespace CoKe.Access;

/// <summary>What a connection is for; each has a port of its own.</summary>
public enum Purpose : byte
{
    /// <summary>A trainer or <c>coke</c> to a silo.</summary>
    Gateway = 1,

    /// <summary>A silo to a silo.</summary>
    Silo = 2,
}
