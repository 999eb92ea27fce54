namespace CoKe.Web.Guards;

/// <summary>What everybody may ask for: files that are the same on every silo and tell nothing of it, and the way to log in.</summary>
sealed record OpenToAll;
