/* SPDX-License-Identifier: Apache-2.0 */
/* list.h - doubly linked list whose links lie in its items. Pure. One thread.
 *
 *   struct far_list head;  struct leg { ...; struct far_list link; };
 *   far_list_init(&head);  far_list_append(&head, &leg->link);
 *   for (struct far_list *at = head.next; at != &head; at = at->next)
 *       struct leg *leg = FAR_LIST_ITEM(at, struct leg, link); */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct far_list {
    struct far_list *next;
    struct far_list *prev;
};

#define FAR_LIST_ITEM(at, type, member) ((type *)(void *)((char *)(at)-offsetof(type, member)))

/** Also makes a link that is in no list: far_list_remove() of it is then harmless. */
static inline void far_list_init(struct far_list *list)
{
    list->next = list->prev = list;
}
static inline bool far_list_empty(const struct far_list *list)
{
    return list->next == list;
}
static inline void far_list_append(struct far_list *head, struct far_list *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}
static inline void far_list_prepend(struct far_list *head, struct far_list *link)
{
    far_list_append(head->next, link);
}
static inline void far_list_remove(struct far_list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    far_list_init(link);
}
