using CoKe.Abstractions.Storage;

namespace CoKe.Grains.Sequencing;

/// <summary>Why something failed, in one line for logs, the health page and status.</summary>
static class Reason
{
    /// <summary>What the storage says; else the first line of the message, for Orleans puts whole stacks into its own.</summary>
    public static string Of(Exception e) => StorageTrouble.Describe(e) ?? e.Message.TrimStart().Split('\n', 2)[0].TrimEnd();
}
