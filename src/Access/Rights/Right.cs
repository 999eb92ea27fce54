namespace CoKe.Access.Rights;

/// <summary>What a caller may do; each right includes those before it.</summary>
public enum Right
{
    /// <summary>Creates and feeds runs, and reads everything of them: trainers, and people who look.</summary>
    Feed = 1,

    /// <summary>Also takes runs back and deletes them.</summary>
    Administer = 2,

    /// <summary>The silos' own, for what grains ask of each other; no client ever has it.</summary>
    Cluster = 3,
}

/// <summary>Which right a call of a method needs. A method of a contract without it is refused to everybody but the cluster.</summary>
/// <param name="right">The least right.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsAttribute(Right right) : Attribute
{
    /// <summary>The least right.</summary>
    public Right Right => right;
}
